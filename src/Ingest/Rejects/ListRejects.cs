using System.Globalization;
using System.Text;
using Npgsql;
using Platform.Ingest.Objects;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Rejects;

/// <summary><c>GET /v1/rejects</c>: what could not be stored, the newest first. New ones come before the first page, so pages never shift.</summary>
internal static class ListRejects
{
    public static void MapListRejects(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/rejects", HandleAsync)
            .RequireScopeSomewhere("objects:read")
            .WithErrors("bad_cursor", "bad_limit", "unknown_connection")
            .WithName("ListRejects").WithSummary("Lists objects that could not be stored, the newest first").WithTags("Rejects")
            .Produces<Page<RejectView>>().ProducesProblem(400).ProducesProblem(404);

    private static async Task<Page<RejectView>> HandleAsync(
        string? connection, Guid? run, string? stream, string? reason, int? limit, string? cursor,
        HttpContext context, NpgsqlDataSource database, ConnectionIds connections, CancellationToken cancellation)
    {
        var rows = Limit.Parse(limit);
        var before = ReadCursor(cursor);
        if (connection is not null)
            context.Caller().Require(connection);
        Guid? connectionId = connection is null ? null : await connections.ResolveAsync(connection, cancellation);
        // No text in the database has it, and the server refuses to be asked.
        if (stream?.Contains('\0') == true || reason?.Contains('\0') == true)
            return new([], null);
        await using var command = Query(database, RejectView.CoveredBy(context.Caller()), connectionId, run, stream, reason, before, rows + 1);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = new List<RejectView>();
        while (await reader.ReadAsync(cancellation))
            items.Add(RejectView.Read(reader));
        if (items.Count <= rows)
            return new(items, null);
        items.RemoveAt(rows);
        return new(items, Cursor.Encode(items[^1].Id.ToString(CultureInfo.InvariantCulture)));
    }

    private static long? ReadCursor(string? cursor) => Cursor.Decode(cursor, 1) switch
    {
        null => null,
        var parts when long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) => id,
        _ => throw Errors.BadCursor(),
    };

    private static NpgsqlCommand Query(NpgsqlDataSource database, NpgsqlParameter covered, Guid? connectionId, Guid? run, string? stream, string? reason, long? before, int rows)
    {
        var command = database.CreateCommand();
        var sql = new StringBuilder($"SELECT {RejectView.Columns} FROM rejects r WHERE {RejectView.IsCovered("$1")}");
        command.Parameters.Add(covered);
        // Only what is asked for stands in the statement, so that each form has the plan that suits it.
        void Add(string condition, object? value)
        {
            if (value is null)
                return;
            command.Parameters.Add(new() { Value = value });
            sql.Append(condition).Append('$').Append(command.Parameters.Count);
        }

        Add(" AND r.connection_id = ", connectionId);
        Add(" AND r.run_id = ", run);
        Add(" AND r.stream = ", stream);
        Add(" AND r.reason = ", reason);
        Add(" AND r.id < ", before);
        Add(" ORDER BY r.id DESC LIMIT ", rows);
        command.CommandText = sql.ToString();
        return command;
    }
}
