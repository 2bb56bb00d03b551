using System.Buffers.Binary;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Platform.Ingest.Load;

/// <summary>What the table has for an object of a chunk, and so what is to be done.</summary>
internal enum Finding : byte
{
    /// <summary>A rejected object: nothing is written.</summary>
    None = 0,
    Absent = 1,

    /// <summary>There, but different or deleted.</summary>
    Changed = 2,
    Unchanged = 3,
    ToDelete = 4,
}

/// <param name="Findings">By the place of the object in the chunk, as are <paramref name="Places"/>.</param>
/// <param name="Ordinals">Of the objects that are in the table; 0: it is not.</param>
/// <param name="Places">Where in the table what is to be changed or deleted lies.</param>
internal sealed record Learned(Finding[] Findings, long[] Ordinals, Dictionary<int, NpgsqlTid> Places);

/// <summary>
/// Asks the table about the keys of a chunk: only keys and hashes are sent, so a repeated load of unchanged objects moves a
/// seventh of their bytes and writes nothing.
/// </summary>
internal static class Probe
{
    /// <summary>Made once for each session; empty at the start of every transaction.</summary>
    public const string CreateTable = """
        CREATE TEMP TABLE probed (
            ord int NOT NULL, operation smallint NOT NULL, stream text COLLATE "C" NOT NULL, remote_id text COLLATE "C" NOT NULL, hash bytea NOT NULL
        ) ON COMMIT DELETE ROWS
        """;

    public const string Clear = "TRUNCATE pg_temp.probed";

    // As tidsend writes it: the block in four bytes, the row in two.
    private const int PlaceBytes = 6;

    private const string Copy = "COPY pg_temp.probed (ord, operation, stream, remote_id, hash) FROM STDIN (FORMAT BINARY)";

    // Looks before anything is written: ON CONFLICT would lock and log every unchanged row. The lateral look-up with its LIMIT can't
    // become a scan of the whole table, whatever the planner thinks of a temporary table that it has no statistics for. Nobody writes
    // between the look and the write: the connection's row is locked. One row of arrays, as a row for each object costs more than the look-up.
    private const string Ask = """
        SELECT array_agg(ord), array_agg(coalesce(ordinal, 0) * 8 + finding),
               array_agg(ord) FILTER (WHERE finding IN (2, 4)), string_agg(tidsend(spot), '') FILTER (WHERE finding IN (2, 4))
        FROM (
            SELECT p.ord, o.spot, o.ordinal,
                   CASE p.operation
                       WHEN 0 THEN CASE WHEN o.spot IS NULL THEN 1 WHEN o.hash <> p.hash OR o.gone THEN 2 ELSE 3 END
                       WHEN 1 THEN CASE WHEN o.spot IS NULL OR o.gone THEN 3 ELSE 4 END
                       ELSE 0
                   END AS finding
            FROM pg_temp.probed p
            LEFT JOIN LATERAL (
                SELECT o.ctid AS spot, o.hash, o.ordinal, o.deleted_at IS NOT NULL AS gone
                FROM objects o
                WHERE o.connection_id = $1 AND o.stream = p.stream AND o.remote_id = p.remote_id
                LIMIT 1) o ON true
        ) learned
        """;

    /// <param name="filter">Spares the keys that are surely absent the way, and gets those that will be inserted; null: all are asked for.</param>
    public static async Task<Learned> RunAsync(
        NpgsqlConnection connection, Guid connectionId, Chunk chunk, KeyFilter? filter, CancellationToken cancellation)
    {
        var learned = new Learned(new Finding[chunk.Objects.Count], new long[chunk.Objects.Count], []);
        var streams = chunk.Pages.Select(page => Encoding.UTF8.GetBytes(page.Stream)).ToArray();
        var asked = filter is null ? [.. Enumerable.Range(0, chunk.Objects.Count)] : Filter(chunk, streams, filter, learned.Findings);
        if (asked.Count > 0)
            await AskAsync(connection, connectionId, chunk, streams, asked, learned, cancellation);
        if (filter is not null)
        {
            for (var ord = 0; ord < learned.Findings.Length; ord++)
            {
                if (learned.Findings[ord] == Finding.Absent)
                    filter.Add(streams[chunk.Objects[ord].Page], KeyOf(chunk, ord));
            }
        }

        return learned;
    }

    /// <returns>The objects that the table must be asked about.</returns>
    private static List<int> Filter(Chunk chunk, byte[][] streams, KeyFilter filter, Finding[] findings)
    {
        var asked = new List<int>();
        for (var ord = 0; ord < findings.Length; ord++)
        {
            if (!filter.IsSurelyAbsent(streams[chunk.Objects[ord].Page], KeyOf(chunk, ord)))
                asked.Add(ord);
            else
                findings[ord] = chunk.Objects[ord].Operation switch { Operation.Upsert => Finding.Absent, Operation.Delete => Finding.Unchanged, _ => Finding.None };
        }

        return asked;
    }

    private static async Task AskAsync(
        NpgsqlConnection connection, Guid connectionId, Chunk chunk, byte[][] streams, List<int> asked, Learned learned, CancellationToken cancellation)
    {
        await SendAsync(connection, chunk, streams, asked, cancellation);
        await using var ask = new NpgsqlCommand(Ask, connection) { Parameters = { new() { Value = connectionId } } };
        await using var reader = await ask.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var (ords, codes) = (reader.GetFieldValue<int[]>(0), reader.GetFieldValue<long[]>(1));
        for (var i = 0; i < ords.Length; i++)
            (learned.Findings[ords[i]], learned.Ordinals[ords[i]]) = ((Finding)(codes[i] & 7), codes[i] >> 3);
        if (await reader.IsDBNullAsync(2, cancellation))
            return;
        var (placed, places) = (reader.GetFieldValue<int[]>(2), reader.GetFieldValue<byte[]>(3));
        for (var i = 0; i < placed.Length; i++)
            learned.Places.Add(placed[i], ReadPlace(places.AsSpan(i * PlaceBytes, PlaceBytes)));
    }

    private static NpgsqlTid ReadPlace(ReadOnlySpan<byte> sent) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(sent), BinaryPrimitives.ReadUInt16BigEndian(sent[4..]));

    private static ReadOnlySpan<byte> KeyOf(Chunk chunk, int ord) => chunk.Objects[ord].Fields.RemoteId.Of(chunk.Pages[chunk.Objects[ord].Page].Bytes.Span);

    private static async Task SendAsync(NpgsqlConnection connection, Chunk chunk, byte[][] streams, List<int> asked, CancellationToken cancellation)
    {
        await using var copy = await BinaryCopy.StartAsync(connection, Copy, cancellation);
        foreach (var ord in asked)
        {
            var (page, operation, fields, _) = chunk.Objects[ord];
            await copy.ReserveAsync(64 + streams[page].Length + fields.RemoteId.Length, cancellation);
            copy.StartRow(5);
            copy.Write(ord);
            copy.Write((short)operation);
            copy.Write(streams[page]);
            copy.Write(fields.RemoteId.Of(chunk.Pages[page].Bytes.Span));
            copy.Write(operation == Operation.Upsert ? chunk.HashOf(ord).Span : default);
        }

        await copy.CompleteAsync(cancellation);
    }
}
