using System.Text;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Objects;

/// <summary>An object as the API shows it.</summary>
/// <param name="Metadata">Byte for byte what the connector sent.</param>
/// <param name="ChangeSeq">Rises with every change within the connection.</param>
internal sealed record ObjectView(
    string Connection, string Stream, string RemoteId, string ResourceName, string Uri, string Metadata, DateTimeOffset UpdatedAt, long ChangeSeq);

/// <summary><c>GET /v1/objects</c>: what is there now, by key, so that a page never shifts under writes.</summary>
internal static class ListObjects
{
    /// <summary>A page ends early at so many bytes: a thousand objects of the largest size would not fit into memory.</summary>
    private const int MaxPageBytes = 8 << 20;

    public static void MapListObjects(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/objects", HandleAsync).RequireScope("objects:read").WithName("ListObjects").WithTags("objects");

    private static async Task<Page<ObjectView>> HandleAsync(
        string? connection, string? stream, int? limit, string? cursor, NpgsqlDataSource database, ConnectionIds connections, CancellationToken cancellation)
    {
        var rows = Limit.Parse(limit);
        var after = ReadCursor(cursor);
        Guid? connectionId = connection is null ? null : await connections.ResolveAsync(connection, cancellation);
        await using var command = Query(database, connectionId, stream, after, rows + 1);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = new List<ObjectView>();
        var (id, bytes) = (Guid.Empty, 0L);
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == rows || bytes >= MaxPageBytes)
                return new(items, Cursor.Encode(id.ToString(), items[^1].Stream, items[^1].RemoteId));
            id = reader.GetGuid(0);
            items.Add(new(
                reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetString(6),
                reader.GetFieldValue<DateTimeOffset>(7), reader.GetInt64(8)));
            bytes += items[^1].Metadata.Length + items[^1].Uri.Length + items[^1].ResourceName.Length;
        }

        return new(items, null);
    }

    private static (Guid ConnectionId, string Stream, string RemoteId)? ReadCursor(string? cursor) => Cursor.Decode(cursor, 3) switch
    {
        null => null,
        var parts when Guid.TryParse(parts[0], out var id) => (id, parts[1], parts[2]),
        _ => throw Errors.BadCursor(),
    };

    private static NpgsqlCommand Query(NpgsqlDataSource database, Guid? connectionId, string? stream, (Guid, string, string)? after, int rows)
    {
        var sql = new StringBuilder("""
            SELECT o.connection_id, (SELECT name FROM connections c WHERE c.connection_id = o.connection_id), o.stream, o.remote_id,
                   o.resource_name, o.uri, o.metadata, o.updated_at, o.change_seq
            FROM objects o WHERE o.deleted_at IS NULL
            """);
        var command = database.CreateCommand();
        string Add(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }

        // Only what is asked for stands in the statement, so that each form has the plan that suits it: a range of the key.
        if (connectionId is { } id)
            sql.Append(" AND o.connection_id = ").Append(Add(id));
        if (stream is not null)
            sql.Append(" AND o.stream = ").Append(Add(stream));
        if (after is var (afterId, afterStream, afterRemoteId))
            sql.Append($" AND (o.connection_id, o.stream, o.remote_id) > ({Add(afterId)}, {Add(afterStream)}, {Add(afterRemoteId)})");
        sql.Append(" ORDER BY o.connection_id, o.stream, o.remote_id LIMIT ").Append(Add(rows));
        command.CommandText = sql.ToString();
        return command;
    }
}
