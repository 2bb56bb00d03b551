using System.Diagnostics;

namespace Platform.Runner.Runs;

/// <summary>The pages of a load that are written and not yet answered, in their order. One writer and one reader.</summary>
internal sealed class PagesUnderway
{
    // As much as Ingest holds of one load: enough for a transaction that is written, one that is gathered and the way between.
    public const long MaxBytes = 32L << 20;
    public const int MaxPages = 20_000;

    private readonly Lock gate = new();
    private readonly Queue<PageUnderway> pages = [];
    private RunFaultException? broken;
    private long bytes;

    public bool IsEmpty
    {
        get
        {
            lock (gate)
                return pages.Count == 0;
        }
    }

    /// <summary>For how long the oldest one waits; null: there is none.</summary>
    public TimeSpan? Unanswered
    {
        get
        {
            lock (gate)
                return pages.TryPeek(out var oldest) ? oldest.Age : null;
        }
    }

    /// <summary>A page that is larger than all the room waits until it is alone.</summary>
    public async Task WaitForRoomAsync(int more, CancellationToken cancel)
    {
        while (Oldest(more) is { } oldest)
            await oldest.Answer.WaitAsync(cancel);
    }

    /// <exception cref="RunFaultException">The load is broken.</exception>
    public PageUnderway Add(ulong sequence, int size, bool counts)
    {
        var page = new PageUnderway(sequence, size, counts);
        lock (gate)
        {
            if (broken is not null)
                throw broken;
            pages.Enqueue(page);
            bytes += size;
        }

        return page;
    }

    /// <summary>The page that this answer must be for.</summary>
    public PageUnderway Next(ulong? sequence)
    {
        lock (gate)
        {
            if (!pages.TryPeek(out var page) || page.Sequence != sequence)
                throw new InvalidOperationException($"Ingest answered page {sequence} where {page?.Sequence} was due.");
            bytes -= page.Bytes;
            return pages.Dequeue();
        }
    }

    /// <summary>No answer comes any more, and no page may be added.</summary>
    /// <returns>The pages that stay without one.</returns>
    public IReadOnlyList<PageUnderway> Break(RunFaultException reason)
    {
        lock (gate)
        {
            broken = reason;
            List<PageUnderway> left = [.. pages];
            pages.Clear();
            return left;
        }
    }

    // Null: there is room.
    private PageUnderway? Oldest(int more)
    {
        lock (gate)
            return pages.Count >= MaxPages || bytes + more > MaxBytes ? pages.FirstOrDefault() : null;
    }
}

/// <param name="counts">It is one of the connector's, not one that only asks for an answer.</param>
internal sealed class PageUnderway(ulong sequence, int bytes, bool counts)
{
    // Whoever waits goes on in the reader's own step: another thread for each page would be most of what a small page costs.
    private readonly TaskCompletionSource<RunFaultException?> answer = new();

    private readonly long written = Stopwatch.GetTimestamp();

    public TimeSpan Age => Stopwatch.GetElapsedTime(written);

    public ulong Sequence => sequence;

    public int Bytes => bytes;

    public bool Counts => counts;

    /// <summary>Null once the page is committed, else why it was not accepted; never fails.</summary>
    public Task<RunFaultException?> Answer => answer.Task;

    public void Answered(RunFaultException? fault) => answer.TrySetResult(fault);
}
