namespace Platform.Ingest.Load;

/// <summary>
/// Pages that become one transaction. The first chunk, mostly the only one, is made ready while the batch before is being written; the
/// others are cut one after the other, so that no more than one is in memory.
/// </summary>
internal sealed class Batch
{
    private readonly LoadOptions _options;
    private readonly Chunk _first;
    private readonly (int Page, int Position) _rest;

    /// <param name="first">For the first chunk; not used again before this batch is written.</param>
    public Batch(IReadOnlyList<QueuedPage> pages, LoadOptions options, Chunk first)
    {
        (Pages, _options, _first) = (pages, options, first);
        _first.Fill(pages, options, ref _rest.Page, ref _rest.Position);
    }

    public IReadOnlyList<QueuedPage> Pages { get; }

    public long LastSequence => Pages[^1].Sequence;

    /// <summary>From the beginning, each time that it is called. A chunk is valid until the next one is taken.</summary>
    public IEnumerable<Chunk> Chunks()
    {
        if (!_first.IsEmpty)
            yield return _first;
        var (page, position) = _rest;
        if (page == Pages.Count)
            yield break;
        var chunk = new Chunk();
        while (page < Pages.Count)
        {
            chunk.Fill(Pages, _options, ref page, ref position);
            if (!chunk.IsEmpty)
                yield return chunk;
        }
    }

    /// <summary>The pages that carry the last state of each stream.</summary>
    public IEnumerable<QueuedPage> States() => Pages.Where(page => page.State is not null).GroupBy(page => page.Stream, (_, carriers) => carriers.Last());
}
