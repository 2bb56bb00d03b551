using System.Collections.Concurrent;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>
/// The loads that are open in this process, by connection and kind. The database refuses a writer whose time is over at its next batch; this
/// ends its call at once, also when it sends nothing more.
/// </summary>
internal sealed class OpenLoads
{
    private const long LeastShare = 1 << 20;

    private readonly ConcurrentDictionary<(Guid Connection, string Kind), Entry> _entries = new();

    public Entry Add(WriterIdentity writer, CancellationToken cancellation)
    {
        var entry = new Entry(this, writer, cancellation);
        var key = (writer.ConnectionId, writer.Kind);
        while (true)
        {
            if (_entries.TryAdd(key, entry))
                return entry;
            if (!_entries.TryGetValue(key, out var found))
                continue;
            // Between its commit and this line a newer load may have come.
            if (found.Writer.Fence > writer.Fence)
                throw Errors.StaleFence(writer.Fence, "the connection is taken over");
            if (!_entries.TryUpdate(key, entry, found))
                continue;
            found.End(Errors.StaleFence(found.Writer.Fence, "the connection is taken over"));
            return entry;
        }
    }

    /// <summary>How many bytes of pages one load may hold now.</summary>
    public long Share(LoadOptions options) =>
        Math.Min(options.BufferBytes, Math.Max(LeastShare, options.TotalBufferBytes / Math.Max(1, _entries.Count)));

    /// <summary>The run has its outcome.</summary>
    public void Closed(WriterIdentity writer)
    {
        if (_entries.TryGetValue((writer.ConnectionId, writer.Kind), out var entry) && entry.Writer.RunId == writer.RunId)
            entry.End(Errors.RunClosed(writer.RunId));
    }

    internal sealed class Entry(OpenLoads loads, WriterIdentity writer, CancellationToken cancellation) : IDisposable
    {
        private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        public WriterIdentity Writer => writer;

        public CancellationToken Token => _ended.Token;

        /// <summary>Why the load was ended from outside; null: it was not.</summary>
        public ProblemException? Reason { get; private set; }

        public void End(ProblemException reason)
        {
            Reason ??= reason;
            _ended.Cancel();
        }

        public void Dispose() => loads._entries.TryRemove(new((writer.ConnectionId, writer.Kind), this));
    }
}
