using System.Buffers.Binary;

namespace Platform.Ingest.Load;

/// <summary>One object of a chunk: the page (by its place in the batch) and where its fields lie in it.</summary>
internal readonly record struct StagedObject(int Page, ObjectFields Fields, ulong Prefix);

internal readonly record struct RejectedObject(int Page, ObjectFields Fields, string Reason);

/// <summary>
/// So many objects of a batch as one merge takes: checked, without duplicates, in the order of their keys. Bounded by rows, so a page of
/// millions of tiny objects needs no more memory than its bytes.
/// </summary>
internal sealed class Chunk
{
    public List<StagedObject> Objects { get; } = [];

    public List<RejectedObject> Rejects { get; } = [];

    public bool IsEmpty => Objects.Count == 0 && Rejects.Count == 0;

    /// <summary>
    /// Cuts a batch into chunks. The chunk is one object, filled again for each step; <paramref name="tallies"/> gets what is decided here:
    /// received, rejected and superseded, per page.
    /// </summary>
    public static IEnumerable<Chunk> Cut(IReadOnlyList<QueuedPage> pages, int rows, int maxObjectBytes, Tally[] tallies)
    {
        var chunk = new Chunk();
        for (var page = 0; page < pages.Count; page++)
        {
            var position = 0;
            while (chunk.Fill(pages[page].Bytes.Span, page, rows, maxObjectBytes, ref position))
            {
                chunk.Settle(pages, tallies);
                yield return chunk;
                chunk.Clear();
            }
        }

        chunk.Settle(pages, tallies);
        if (!chunk.IsEmpty)
            yield return chunk;
    }

    /// <returns>True: the chunk is full and the page may have more.</returns>
    private bool Fill(ReadOnlySpan<byte> bytes, int page, int rows, int maxObjectBytes, ref int position)
    {
        var reader = new ObjectPageReader(bytes, position);
        while (Objects.Count + Rejects.Count < rows)
        {
            if (!reader.Next(out var fields))
                return false;
            if (RejectReason.Of(bytes, fields, maxObjectBytes) is { } reason)
                Rejects.Add(new(page, fields, reason));
            else
                Objects.Add(new(page, fields, Prefix(fields.RemoteId.Of(bytes))));
        }

        position = reader.Position;
        return true;
    }

    private void Settle(IReadOnlyList<QueuedPage> pages, Tally[] tallies)
    {
        foreach (var reject in Rejects)
        {
            tallies[reject.Page].Received++;
            tallies[reject.Page].Rejected++;
        }

        foreach (var staged in Objects)
            tallies[staged.Page].Received++;

        // Sorted, equal keys stand together with the one that came last at the end; sorted inserts are also kinder to the index.
        Objects.Sort((a, b) => CompareKeys(pages, a, b) is var order and not 0 ? order
            : a.Page != b.Page ? a.Page.CompareTo(b.Page)
            : a.Fields.Whole.Start.CompareTo(b.Fields.Whole.Start));
        var kept = 0;
        for (var i = 0; i < Objects.Count; i++)
        {
            if (i + 1 < Objects.Count && CompareKeys(pages, Objects[i], Objects[i + 1]) == 0)
                tallies[Objects[i].Page].Superseded++;
            else
                Objects[kept++] = Objects[i];
        }

        Objects.RemoveRange(kept, Objects.Count - kept);
    }

    private void Clear()
    {
        Objects.Clear();
        Rejects.Clear();
    }

    private static int CompareKeys(IReadOnlyList<QueuedPage> pages, in StagedObject a, in StagedObject b)
    {
        if (a.Page != b.Page && string.CompareOrdinal(pages[a.Page].Stream, pages[b.Page].Stream) is var streams and not 0)
            return streams;
        if (a.Prefix != b.Prefix)
            return a.Prefix.CompareTo(b.Prefix);
        return a.Fields.RemoteId.Of(pages[a.Page].Bytes.Span).SequenceCompareTo(b.Fields.RemoteId.Of(pages[b.Page].Bytes.Span));
    }

    // The first eight bytes as a number settle most comparisons without touching the page.
    private static ulong Prefix(ReadOnlySpan<byte> key)
    {
        Span<byte> first = stackalloc byte[8];
        first.Clear();
        key[..Math.Min(8, key.Length)].CopyTo(first);
        return BinaryPrimitives.ReadUInt64BigEndian(first);
    }
}
