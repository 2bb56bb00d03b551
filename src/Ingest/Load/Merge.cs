using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Platform.Ingest.Load;

/// <summary>Brings one chunk into the table: COPY into the staging table, then one statement that writes only what differs.</summary>
internal static class Merge
{
    /// <summary>The staging table lives as long as its session and is empty at the start of every transaction.</summary>
    public const string CreateStaging = """
        CREATE TEMP TABLE IF NOT EXISTS staged (
            ord int NOT NULL, page int NOT NULL, stream text COLLATE "C" NOT NULL, remote_id text COLLATE "C" NOT NULL,
            resource_name text NOT NULL, uri text NOT NULL, metadata text NOT NULL, hash bytea NOT NULL
        ) ON COMMIT DELETE ROWS
        """;

    private const string CopyStaged = "COPY pg_temp.staged (ord, page, stream, remote_id, resource_name, uri, metadata, hash) FROM STDIN (FORMAT BINARY)";

    private const string CopyRejects = "COPY rejects (run_id, connection_id, stream, reason, remote_id, size, sha256, raw) FROM STDIN (FORMAT BINARY)";

    // Looks before it writes: ON CONFLICT would lock and log every unchanged row. The lateral look-up with its LIMIT can't become a
    // scan of the whole table, whatever the planner thinks of a staging table that it has no statistics for. Nobody writes between
    // the look and the write: the connection's row is locked.
    private const string MergeStaged = """
        WITH learned AS MATERIALIZED (
            SELECT s.ctid AS place, s.ord, s.page, o.spot,
                   CASE WHEN o.spot IS NULL THEN 1 WHEN o.hash <> s.hash OR o.gone THEN 2 ELSE 3 END AS kind
            FROM pg_temp.staged s
            LEFT JOIN LATERAL (
                SELECT o.ctid AS spot, o.hash, o.deleted_at IS NOT NULL AS gone
                FROM objects o
                WHERE o.connection_id = $1 AND o.stream = s.stream AND o.remote_id = s.remote_id
                LIMIT 1) o ON true
        ), changed AS (
            UPDATE objects o
            SET resource_name = s.resource_name, uri = s.uri, metadata = s.metadata, hash = s.hash,
                change_seq = $2 + l.ord, updated_at = now(), deleted_at = NULL
            FROM learned l JOIN pg_temp.staged s ON s.ctid = l.place
            WHERE l.kind = 2 AND o.ctid = l.spot
        ), added AS (
            INSERT INTO objects (connection_id, stream, remote_id, resource_name, uri, metadata, hash, change_seq, ordinal, is_json)
            SELECT $1, s.stream, s.remote_id, s.resource_name, s.uri, s.metadata, s.hash, $2 + l.ord, $2 + l.ord, false
            FROM learned l JOIN pg_temp.staged s ON s.ctid = l.place
            WHERE l.kind = 1
        )
        SELECT page, count(*) FILTER (WHERE kind = 1), count(*) FILTER (WHERE kind = 2), count(*) FILTER (WHERE kind = 3)
        FROM learned GROUP BY page
        """;

    /// <param name="changeSeq">The connection's last number; the rows written get the ones above it.</param>
    /// <param name="tallies">Gets inserted, updated and unchanged, per page.</param>
    /// <returns>The connection's last number from now on.</returns>
    public static async Task<long> WriteAsync(
        NpgsqlConnection connection, Guid connectionId, IReadOnlyList<QueuedPage> pages, Chunk chunk, long changeSeq, Tally[] tallies, CancellationToken cancellation)
    {
        if (chunk.Objects.Count == 0)
            return changeSeq;
        await StageAsync(connection, pages, chunk.Objects, cancellation);
        await using var merge = new NpgsqlCommand(MergeStaged, connection) { Parameters = { new() { Value = connectionId }, new() { Value = changeSeq } } };
        var wrote = false;
        await using (var reader = await merge.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                ref var tally = ref tallies[reader.GetInt32(0)];
                tally.Inserted += reader.GetInt64(1);
                tally.Updated += reader.GetInt64(2);
                tally.Unchanged += reader.GetInt64(3);
                wrote |= reader.GetInt64(1) + reader.GetInt64(2) > 0;
            }
        }

        return wrote ? changeSeq + chunk.Objects.Count : changeSeq;
    }

    /// <summary>Empties the staging table between two chunks of one transaction.</summary>
    public static async Task ClearAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var clear = new NpgsqlCommand("TRUNCATE pg_temp.staged", connection);
        await clear.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task StageAsync(
        NpgsqlConnection connection, IReadOnlyList<QueuedPage> pages, List<StagedObject> objects, CancellationToken cancellation)
    {
        await using var copy = await BinaryCopy.StartAsync(connection, CopyStaged, cancellation);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var hash = new byte[SHA256.HashSizeInBytes];
        var streams = pages.Select(page => Encoding.UTF8.GetBytes(page.Stream)).ToArray();
        for (var ord = 0; ord < objects.Count; ord++)
        {
            var (page, fields, _) = objects[ord];
            var bytes = pages[page].Bytes;
            Hash(sha256, bytes.Span, fields, hash);
            await copy.ReserveAsync(64 + streams[page].Length, cancellation);
            copy.StartRow(8);
            copy.Write(ord + 1);
            copy.Write(page);
            copy.Write(streams[page]);
            await copy.WriteAsync(fields.RemoteId.Of(bytes), cancellation);
            await copy.WriteAsync(fields.ResourceName.Of(bytes), cancellation);
            await copy.WriteAsync(fields.Uri.Of(bytes), cancellation);
            await copy.WriteAsync(fields.Metadata.Of(bytes), cancellation);
            await copy.WriteAsync(hash.AsMemory(0, 16), cancellation);
        }

        await copy.CompleteAsync(cancellation);
    }

    // Lengths first, so that text moved from one field to the next is a difference.
    private static void Hash(IncrementalHash sha256, ReadOnlySpan<byte> page, in ObjectFields fields, Span<byte> hash)
    {
        Span<byte> lengths = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(lengths, fields.ResourceName.Length);
        BinaryPrimitives.WriteInt32BigEndian(lengths[4..], fields.Uri.Length);
        sha256.AppendData(lengths);
        sha256.AppendData(fields.ResourceName.Of(page));
        sha256.AppendData(fields.Uri.Of(page));
        sha256.AppendData(fields.Metadata.Of(page));
        sha256.GetHashAndReset(hash);
    }

    /// <summary>Keeps what can't be stored: the reason, and the object's bytes as they came.</summary>
    public static async Task WriteRejectsAsync(
        NpgsqlConnection connection, WriterIdentity writer, IReadOnlyList<QueuedPage> pages, List<RejectedObject> rejects, CancellationToken cancellation)
    {
        if (rejects.Count == 0)
            return;
        await using var copy = await BinaryCopy.StartAsync(connection, CopyRejects, cancellation);
        foreach (var (page, fields, reason) in rejects)
        {
            var bytes = pages[page].Bytes;
            var whole = fields.Whole.Of(bytes);
            var key = fields.RemoteId.Of(bytes);
            var stream = Encoding.UTF8.GetBytes(pages[page].Stream);
            await copy.ReserveAsync(128 + stream.Length, cancellation);
            copy.StartRow(8);
            copy.Write(writer.RunId);
            copy.Write(writer.ConnectionId);
            copy.Write(stream);
            copy.Write(Encoding.ASCII.GetBytes(reason));
            await copy.WriteAsync(key[..Math.Min(key.Length, RejectReason.MaxRemoteIdBytes)], cancellation);
            await copy.ReserveAsync(48, cancellation);
            copy.Write((long)whole.Length);
            copy.Write(SHA256.HashData(whole.Span));
            await copy.WriteAsync(reason == RejectReason.TooLarge ? whole[..Math.Min(whole.Length, RejectReason.MaxKeptBytes)] : whole, cancellation);
        }

        await copy.CompleteAsync(cancellation);
    }
}
