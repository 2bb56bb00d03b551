using Npgsql;
using Platform.Ingest.Load;

namespace Platform.Ingest.Close;

/// <summary>
/// Tombstones what a complete run did not send. Within the caller's transaction, under the connection's lock; only ever for a run that succeeded.
/// </summary>
internal static class SweepStreams
{
    /// <summary>A stream of ten million objects takes about a minute.</summary>
    public const int TimeoutSeconds = 900;

    private const int PageRows = 10_000;

    // A CASE, as get_bit fails past the end of its bits and the order of ANDed conditions is not promised.
    private const string IsUnseen = "CASE WHEN ordinal >= $3 AND ordinal < $4 THEN get_bit($5, ordinal - $3) = 0 ELSE false END";

    private const string CountUnseen = $"""
        SELECT count(*), count(*) FILTER (WHERE {IsUnseen}) FROM objects WHERE connection_id = $1 AND stream = $2 AND deleted_at IS NULL
        """;

    // Page by page along the key, so that the keys of any number of objects can be told in events.
    private const string DeletePage = $"""
        WITH page AS (
            SELECT ctid AS place, remote_id FROM objects
            WHERE connection_id = $1 AND stream = $2 AND deleted_at IS NULL AND remote_id > $6 AND {IsUnseen}
            ORDER BY remote_id LIMIT $7
        ), numbered AS MATERIALIZED (
            SELECT place, $8 + row_number() OVER (ORDER BY remote_id) AS change_seq FROM page
        ), swept AS (
            UPDATE objects o SET deleted_at = now(), updated_at = now(), change_seq = n.change_seq FROM numbered n WHERE o.ctid = n.place
            RETURNING o.remote_id
        )
        SELECT remote_id FROM swept ORDER BY remote_id
        """;

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
        var changeSeq = await BeginAsync(connection, writer, cancellation);
        var first = changeSeq;
        await foreach (var seen in SeenBitmap.ReadAsync(connection, writer.RunId, stream, seenFrom).WithCancellation(cancellation))
        {
            var (after, rows) = ("", PageRows);
            while (rows == PageRows)
            {
                rows = 0;
                await using (var delete = Command(connection, DeletePage, writer, stream, seen, after, PageRows, changeSeq))
                await using (var reader = await delete.ExecuteReaderAsync(cancellation))
                {
                    for (; await reader.ReadAsync(cancellation); rows++)
                        changes?.Add(stream, after = reader.GetString(0), ChangedObjects.Deleted);
                }

                changeSeq += rows;
                if (changes is not null)
                    await changes.AppendAsync(transaction, cancellation);
            }
        }

        await using var save = new NpgsqlCommand("UPDATE connections SET change_seq = $2 WHERE connection_id = $1", connection)
        {
            Parameters = { new() { Value = writer.ConnectionId }, new() { Value = changeSeq } }
        };
        await save.ExecuteNonQueryAsync(cancellation);
        return changeSeq - first;
    }

    private static async Task<long> BeginAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var begin = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // One plan is left: along the key, and to the place of each row.
                new("SET LOCAL enable_seqscan = off"), new("SET LOCAL enable_bitmapscan = off"),
                new("SET LOCAL enable_hashjoin = off"), new("SET LOCAL enable_mergejoin = off"),
                new("SELECT change_seq FROM connections WHERE connection_id = $1") { Parameters = { new() { Value = writer.ConnectionId } } },
            }
        };
        return (long)(await begin.ExecuteScalarAsync(cancellation))!;
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
