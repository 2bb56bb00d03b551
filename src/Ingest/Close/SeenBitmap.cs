using Npgsql;
using Platform.Ingest.Load;

namespace Platform.Ingest.Close;

/// <summary>What a run has seen of a stream, for a window of ordinals: a bit each.</summary>
/// <param name="First">The ordinal of bit 0.</param>
/// <param name="End">The first ordinal after the window.</param>
internal sealed record SeenBitmap(long First, long End, byte[] Bits)
{
    /// <summary>32 MiB of bits. A connection with more objects than this is swept window by window.</summary>
    public const long WindowOrdinals = 1L << 28;

    /// <summary>Windows over the ordinals 1 … <paramref name="seenFrom"/>, one in memory at a time.</summary>
    public static async IAsyncEnumerable<SeenBitmap> ReadAsync(
        NpgsqlConnection connection, Guid runId, string stream, long seenFrom, long window = WindowOrdinals)
    {
        for (var first = 1L; first <= seenFrom; first += window)
        {
            var end = Math.Min(first + window, seenFrom + 1);
            var bits = new byte[(end - first + 7) / 8];
            await using var select = new NpgsqlCommand("SELECT ordinals FROM seen WHERE run_id = $1 AND stream = $2", connection)
            {
                Parameters = { new() { Value = runId }, new() { Value = stream } },
                CommandTimeout = SweepStreams.TimeoutSeconds,
            };
            await using (var reader = await select.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    SeenSet.Mark(reader.GetFieldValue<byte[]>(0), bits, first);
            }

            yield return new(first, end, bits);
        }
    }
}
