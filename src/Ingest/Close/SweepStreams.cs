using Npgsql;
using Platform.Ingest.Load;

namespace Platform.Ingest.Close;

/// <summary>
/// Tombstones what a complete run did not send. Within the caller's transaction, under the connection's lock; only ever for a run that succeeded.
/// </summary>
internal static class SweepStreams
{
    /// <summary>For a stream of many millions of objects: every scan goes through all of them.</summary>
    public const int TimeoutSeconds = 900;

    private const int PageRows = 10_000;

    // A CASE, as get_bit fails past the end of its bits and the order of ANDed conditions is not promised.
    private const string IsUnseen = "CASE WHEN ordinal >= $3 AND ordinal < $4 THEN get_bit($5, ordinal - $3) = 0 ELSE false END";

    private const string CountUnseen = $"""
        SELECT count(*), count(*) FILTER (WHERE {IsUnseen}) FROM objects WHERE connection_id = $1 AND stream = $2 AND deleted_at IS NULL
        """;

    private const string CreateUnseen =
        "CREATE TEMP TABLE unseen (n bigint PRIMARY KEY, place tid NOT NULL, remote_id text COLLATE \"C\" NOT NULL) ON COMMIT DROP";

    // One pass in the order of the table: along the key, every row would be fetched from somewhere else.
    private const string CollectUnseen = $"""
        INSERT INTO pg_temp.unseen
        SELECT (SELECT count(*) FROM pg_temp.unseen) + row_number() OVER (), ctid, CASE WHEN $6 THEN remote_id ELSE '' END
        FROM objects WHERE connection_id = $1 AND stream = $2 AND deleted_at IS NULL AND {IsUnseen}
        """;

    private const string DeleteUnseen = """
        UPDATE objects o SET deleted_at = now(), updated_at = now(), change_seq = $1 + u.n FROM pg_temp.unseen u WHERE o.ctid = u.place
        """;

    private const string NextKeys = "SELECT n, remote_id FROM pg_temp.unseen WHERE n > $1 ORDER BY n LIMIT $2";

    /// <summary>Looks how much a sweep would delete.</summary>
    public static async Task<(long Objects, long Unseen)> CountAsync(
        NpgsqlConnection connection, WriterIdentity writer, string stream, long seenFrom, CancellationToken cancellation)
    {
        var (objects, unseen) = (0L, 0L);
        await foreach (var seen in SeenBitmap.ReadAsync(connection, writer.RunId, stream, seenFrom).WithCancellation(cancellation))
        {
            await using var count = Command(connection, CountUnseen, writer, stream, seen);
            await using var reader = await count.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            (objects, unseen) = (reader.GetInt64(0), unseen + reader.GetInt64(1));
        }

        return (objects, unseen);
    }

    /// <param name="changes">Gets what is deleted; null: nobody wants to know.</param>
    /// <returns>How many objects it deleted.</returns>
    public static async Task<long> DeleteAsync(
        NpgsqlTransaction transaction, WriterIdentity writer, string stream, long seenFrom, ChangedObjects? changes, CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        await ExecuteAsync(connection, CreateUnseen, cancellation);
        await foreach (var seen in SeenBitmap.ReadAsync(connection, writer.RunId, stream, seenFrom).WithCancellation(cancellation))
        {
            await using var collect = Command(connection, CollectUnseen, writer, stream, seen, changes is not null);
            await collect.ExecuteNonQueryAsync(cancellation);
        }

        var changeSeq = await ChangeSeqAsync(connection, writer, cancellation);
        // One plan is left: to the place of each row, one after the other.
        await ExecuteAsync(connection, "SET LOCAL enable_hashjoin = off", cancellation);
        await ExecuteAsync(connection, "SET LOCAL enable_mergejoin = off", cancellation);
        var deleted = await ExecuteAsync(connection, DeleteUnseen, cancellation, changeSeq);
        await ExecuteAsync(connection, "UPDATE connections SET change_seq = $2 WHERE connection_id = $1", cancellation, writer.ConnectionId, changeSeq + deleted);
        if (changes is not null)
            await TellAsync(transaction, stream, changes, cancellation);
        await ExecuteAsync(connection, "DROP TABLE pg_temp.unseen", cancellation);
        return deleted;
    }

    private static async Task TellAsync(NpgsqlTransaction transaction, string stream, ChangedObjects changes, CancellationToken cancellation)
    {
        var (last, rows) = (0L, PageRows);
        while (rows == PageRows)
        {
            rows = 0;
            await using (var next = new NpgsqlCommand(NextKeys, transaction.Connection) { Parameters = { new() { Value = last }, new() { Value = PageRows } } })
            await using (var reader = await next.ExecuteReaderAsync(cancellation))
            {
                for (; await reader.ReadAsync(cancellation); rows++)
                {
                    last = reader.GetInt64(0);
                    changes.Add(stream, reader.GetString(1), ChangedObjects.Deleted);
                }
            }

            await changes.AppendAsync(transaction, cancellation);
        }
    }

    private static async Task<long> ChangeSeqAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var select = new NpgsqlCommand("SELECT change_seq FROM connections WHERE connection_id = $1", connection)
        {
            Parameters = { new() { Value = writer.ConnectionId } }
        };
        return (long)(await select.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = TimeoutSeconds };
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlCommand Command(
        NpgsqlConnection connection, string sql, WriterIdentity writer, string stream, SeenBitmap seen, params ReadOnlySpan<object> more)
    {
        var command = new NpgsqlCommand(sql, connection)
        {
            CommandTimeout = TimeoutSeconds,
            Parameters =
            {
                new() { Value = writer.ConnectionId }, new() { Value = stream },
                new() { Value = seen.First }, new() { Value = seen.End }, new() { Value = seen.Bits },
            }
        };
        foreach (var value in more)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
