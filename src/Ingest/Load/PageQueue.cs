using System.Threading.Channels;

namespace Platform.Ingest.Load;

/// <summary>A page as it came; its bytes are those of the message.</summary>
/// <param name="Deletes">The objects are gone: of each only its key counts.</param>
/// <param name="State">The connector's state once this page is stored; null: it carries none.</param>
/// <param name="Listing">The state is one of a listing of all that the stream has.</param>
internal sealed record QueuedPage(
    long Sequence, string Stream, ReadOnlyMemory<byte> Bytes, int Objects, bool Flush, bool Deletes = false, ReadOnlyMemory<byte>? State = null, bool Listing = false)
{
    // What a page without objects costs in memory, so that a flood of empty ones is bounded as well.
    private const int Overhead = 512;

    public long Cost => Bytes.Length + (State?.Length ?? 0) + Overhead;
}

/// <summary>Pages between the call and the database, bounded by bytes. One reader of the call, one writer to the database.</summary>
internal sealed class PageQueue(Func<long> limit)
{
    private readonly Channel<QueuedPage> _pages = Channel.CreateUnbounded<QueuedPage>(new() { SingleReader = true, SingleWriter = true });
    private readonly Lock _lock = new();
    private TaskCompletionSource? _room;
    private long _held;

    public ChannelReader<QueuedPage> Pages => _pages.Reader;

    /// <summary>The most bytes ever held.</summary>
    public long Peak { get; private set; }

    public void Add(QueuedPage page)
    {
        lock (_lock)
        {
            _held += page.Cost;
            Peak = Math.Max(Peak, _held);
        }

        _pages.Writer.TryWrite(page);
    }

    /// <summary>Ends the queue; what is in it is still written before <paramref name="error"/> is seen.</summary>
    public void Complete(Exception? error = null) => _pages.Writer.TryComplete(error);

    public Task WaitForRoomAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_held < limit())
                return Task.CompletedTask;
            _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>These pages are committed and acknowledged.</summary>
    public void Release(IEnumerable<QueuedPage> pages)
    {
        lock (_lock)
        {
            foreach (var page in pages)
                _held -= page.Cost;
            if (_held < limit())
                _room?.TrySetResult();
        }
    }
}
