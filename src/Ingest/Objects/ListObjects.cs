using System.ComponentModel;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Objects;

/// <summary>An object as the API shows it.</summary>
/// <param name="Metadata">Byte for byte what the connector sent.</param>
/// <param name="DeletedAt">Null: it is there.</param>
/// <param name="ChangeSeq">Rises with every change within the connection, deletion included.</param>
internal sealed record ObjectView(
    string Connection, string Stream, string RemoteId, string ResourceName, string Uri, string Metadata,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? DeletedAt, long ChangeSeq);

/// <summary><c>GET /v1/objects</c>: by key, so that a page never shifts under writes; with <c>since</c> by change, so that what changes meanwhile comes again at the end.</summary>
internal sealed class ListObjects(NpgsqlDataSource database, ObjectFilters filters, IOptions<ObjectsOptions> options)
{
    /// <summary>A page ends early at so many bytes: a thousand objects of the largest size would not fit into memory.</summary>
    private const int MaxPageBytes = 8 << 20;

    public async Task<Page<ObjectView>> HandleAsync(ObjectQuery query, Caller caller, int? limit, string? cursor, CancellationToken cancellation)
    {
        var rows = Limit.Parse(limit);
        var filter = await filters.ReadAsync(query, caller, cancellation);
        var after = ObjectCursor.Read(cursor, filter);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The server watches the time by itself; this side only waits for its answer.
        await using var batch = new NpgsqlBatch(connection, transaction) { Timeout = 0 };
        batch.BatchCommands.Add(new($"SET LOCAL statement_timeout = {(long)options.Value.SearchTimeout.TotalMilliseconds}"));
        batch.BatchCommands.Add(Statement(filter, after, rows + 1));
        Page<ObjectView>? page = null;
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            page = await ReadAsync(reader, filter, rows, batch.Cancel, cancellation);
        }
        catch (PostgresException e) when (page is not null && e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            // By ourselves: the rest of a page that ended early.
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            throw Errors.SearchTimeout(options.Value.SearchTimeout);
        }
        catch (PostgresException e) when (filter.Path is not null && JsonPath.IsAboutPath(e))
        {
            throw Errors.BadJsonPath(e.MessageText);
        }

        return page;
    }

    private static async Task<Page<ObjectView>> ReadAsync(NpgsqlDataReader reader, ObjectFilter filter, int rows, Action leaveTheRest, CancellationToken cancellation)
    {
        var items = new List<ObjectView>();
        var (id, ordinal, bytes) = (Guid.Empty, 0L, 0L);
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == rows || bytes >= MaxPageBytes)
            {
                if (items.Count < rows)
                    leaveTheRest();
                return new(items, ObjectCursor.Write(filter, id, ordinal, items[^1]));
            }

            id = reader.GetGuid(0);
            ordinal = reader.GetInt64(1);
            items.Add(new(
                reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetString(6), reader.GetString(7),
                reader.GetFieldValue<DateTimeOffset>(8), reader.GetFieldValue<DateTimeOffset>(9),
                reader.IsDBNull(10) ? null : reader.GetFieldValue<DateTimeOffset>(10), reader.GetInt64(11)));
            bytes += items[^1].Metadata.Length + items[^1].Uri.Length + items[^1].ResourceName.Length;
        }

        return new(items, null);
    }

    // One look-up for each connection: inside a connection its cursor is the beginning of a range of the key. Over several
    // connections at once it would only be a condition, tried on every row before it.
    internal static NpgsqlBatchCommand Statement(ObjectFilter filter, ObjectCursor? after, int rows)
    {
        var command = new NpgsqlBatchCommand();
        var inner = string.Join(" AND ", filter.OnObjects(Parameter).Concat(after?.OnObjects(filter, Parameter) ?? []).Prepend("o.connection_id = c.connection_id"));
        var outer = string.Join(" AND ", filter.OnConnections(Parameter).Concat(after?.OnConnections(filter, Parameter) ?? []).DefaultIfEmpty("true"));
        var order = filter.Since is null ? "o.stream, o.remote_id" : "o.change_seq, o.ordinal";
        var limit = Parameter(rows);
        command.CommandText = $"""
            SELECT c.connection_id, o.ordinal, c.name, o.stream, o.remote_id, o.resource_name, o.uri, o.metadata,
                   o.created_at, o.updated_at, o.deleted_at, o.change_seq
            FROM connections c
            CROSS JOIN LATERAL (SELECT * FROM objects o WHERE {inner} ORDER BY {order} LIMIT {limit}) o
            WHERE {outer}
            ORDER BY {(filter.Since is null ? "c.connection_id, " : "")}{order} LIMIT {limit}
            """;
        return command;

        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }
    }
}

internal static class ListObjectsRoute
{
    public static void MapListObjects(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/objects", (
                [AsParameters] ObjectQuery query, [Description("1 to 1000; 100 by default.")] int? limit, [Description("The member next of the page before.")] string? cursor,
                ListObjects list, HttpContext context, CancellationToken cancellation) => list.HandleAsync(query, context.Caller(), limit, cursor, cancellation))
            .RequireScopeSomewhere("objects:read")
            .WithErrors("bad_cursor", "bad_json_path", "bad_limit", "bad_query", "search_timeout", "unknown_connection").WithName("ListObjects").WithSummary("Lists the objects that filters let through").WithTags("Objects")
            .Produces<Page<ObjectView>>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(503);
}
