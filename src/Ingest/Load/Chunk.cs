using System.Buffers.Binary;

namespace Platform.Ingest.Load;

/// <summary>What an object of a page asks for.</summary>
internal enum Operation : short
{
    Upsert = 0,
    Delete = 1,

    /// <summary>It can't be stored, but its key can be read: that object exists at its source and is not to be swept.</summary>
    Look = 2,
}

/// <summary>One object of a chunk: the page (by its place in the batch) and where its fields lie in it.</summary>
internal readonly record struct StagedObject(int Page, Operation Operation, ObjectFields Fields, ulong Prefix);

internal readonly record struct RejectedObject(int Page, ObjectFields Fields, string Reason, bool HasKey);

/// <summary>
/// So many objects of a batch as are brought into the table at once: checked, without duplicates, in the order of their keys. Bounded by
/// rows, so a page of millions of tiny objects needs no more memory than its bytes.
/// </summary>
internal sealed class Chunk
{
    private Tally[] _decided = [];
    private byte[] _hashes = [];

    public IReadOnlyList<QueuedPage> Pages { get; private set; } = [];

    public List<StagedObject> Objects { get; } = [];

    public List<RejectedObject> Rejects { get; } = [];

    public bool IsEmpty => Objects.Count == 0 && Rejects.Count == 0;

    public ReadOnlyMemory<byte> HashOf(int index) => _hashes.AsMemory(index * ObjectHash.Bytes, ObjectHash.Bytes);

    /// <summary>Adds what is decided here: received, rejected and superseded, per page.</summary>
    public void AddDecided(Tally[] tallies)
    {
        for (var page = 0; page < tallies.Length; page++)
            tallies[page].Add(_decided[page]);
    }

    /// <summary>Empties the chunk and fills it from where the one before ended, and makes it ready to be written.</summary>
    /// <param name="page">Where to begin, and afterwards where to go on: the place of the page in the batch; its number at the end.</param>
    /// <param name="position">And the byte within it.</param>
    public void Fill(IReadOnlyList<QueuedPage> pages, LoadOptions options, ref int page, ref int position)
    {
        Pages = pages;
        Objects.Clear();
        Rejects.Clear();
        _decided = new Tally[pages.Count];
        while (page < pages.Count && !FillFrom(page, options, ref position))
            (page, position) = (page + 1, 0);
        Settle();
        Hash();
    }

    /// <returns>True: the chunk is full and the page may have more.</returns>
    private bool FillFrom(int page, LoadOptions options, ref int position)
    {
        var bytes = Pages[page].Bytes.Span;
        var deletes = Pages[page].Deletes;
        var reader = new ObjectPageReader(bytes, position);
        while (Objects.Count + Rejects.Count < options.BatchRows)
        {
            if (!reader.Next(out var fields))
                return false;
            var reason = deletes ? RejectReason.OfKey(bytes, fields.RemoteId) : RejectReason.Of(bytes, fields, options.MaxObjectBytes);
            var hasKey = reason is null || RejectReason.OfKey(bytes, fields.RemoteId) is null;
            if (reason is not null)
                Rejects.Add(new(page, fields, reason, hasKey));
            if (hasKey)
                Objects.Add(new(page, reason is not null ? Operation.Look : deletes ? Operation.Delete : Operation.Upsert, fields, Prefix(fields.RemoteId.Of(bytes))));
        }

        position = reader.Position;
        return true;
    }

    private void Settle()
    {
        foreach (var reject in Rejects)
        {
            _decided[reject.Page].Received++;
            _decided[reject.Page].Rejected++;
        }

        // Sorted, equal keys stand together with the one that came last at the end; sorted writes are also kinder to the index.
        Objects.Sort(Compare);
        var kept = 0;
        for (var i = 0; i < Objects.Count; i++)
        {
            var staged = Objects[i];
            if (staged.Operation != Operation.Look)
            {
                _decided[staged.Page].Received++;
                if (i + 1 < Objects.Count && Objects[i + 1].Operation != Operation.Look && CompareKeys(staged, Objects[i + 1]) == 0)
                {
                    _decided[staged.Page].Superseded++;
                    continue;
                }
            }

            Objects[kept++] = staged;
        }

        Objects.RemoveRange(kept, Objects.Count - kept);
    }

    private void Hash()
    {
        if (_hashes.Length < Objects.Count * ObjectHash.Bytes)
            _hashes = new byte[Objects.Count * ObjectHash.Bytes];
        for (var i = 0; i < Objects.Count; i++)
        {
            var (page, operation, fields, _) = Objects[i];
            if (operation != Operation.Upsert)
                continue;
            var bytes = Pages[page].Bytes.Span;
            ObjectHash.Write(fields.ResourceName.Of(bytes), fields.Uri.Of(bytes), fields.Metadata.Of(bytes), _hashes.AsSpan(i * ObjectHash.Bytes));
        }
    }

    // Rejected ones come first among equal keys, so that they never stand between two that supersede each other.
    private int Compare(StagedObject a, StagedObject b) => CompareKeys(a, b) is var order and not 0 ? order
        : (a.Operation == Operation.Look) != (b.Operation == Operation.Look) ? (a.Operation == Operation.Look ? -1 : 1)
        : a.Page != b.Page ? a.Page.CompareTo(b.Page)
        : a.Fields.Whole.Start.CompareTo(b.Fields.Whole.Start);

    private int CompareKeys(in StagedObject a, in StagedObject b)
    {
        if (a.Page != b.Page && string.CompareOrdinal(Pages[a.Page].Stream, Pages[b.Page].Stream) is var streams and not 0)
            return streams;
        if (a.Prefix != b.Prefix)
            return a.Prefix.CompareTo(b.Prefix);
        return a.Fields.RemoteId.Of(Pages[a.Page].Bytes.Span).SequenceCompareTo(b.Fields.RemoteId.Of(Pages[b.Page].Bytes.Span));
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
