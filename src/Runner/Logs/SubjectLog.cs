using System.Text;
using Npgsql;

namespace Platform.Runner.Logs;

/// <summary>
/// The log of one run or invocation as its process here writes it. Adding never waits: lines are kept until they are stored, within the
/// bounds of <see cref="LogSettings"/>, of which warnings and errors have a share of their own. Thread-safe.
/// </summary>
internal sealed class SubjectLog(Guid subject, LogSettings limits, LogUse before, LogStore store, LogWriter writer)
{
    // What a line costs beside its text.
    public const int LineOverhead = 80;
    private const int ChunkLines = 500;
    private const int ChunkBytes = 256 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock gate = new();
    private readonly Queue<LogLine> waiting = [];
    private readonly SemaphoreSlim turn = new(1);
    private readonly Share ordinary = new(limits, before.OrdinaryLines, before.OrdinaryBytes);
    private readonly Share severe = new(limits, before.SevereLines, before.SevereBytes);
    private bool announced;

    /// <summary>Takes a line. One that is beyond the bounds is counted and dropped.</summary>
    /// <param name="source">One of <see cref="LogSource"/>.</param>
    /// <param name="text">With secrets masked.</param>
    public void Add(LogLevel level, string source, string text)
    {
        var isSevere = level >= LogLevel.Warning;
        var share = isSevere ? severe : ordinary;
        // jsonb takes none.
        text = text.Replace('\0', '\uFFFD');
        lock (gate)
        {
            var bytes = Size(text);
            if (share.Takes(bytes) && writer.TryHold(bytes))
                Enqueue(level, source, text);
            else if (++share.Dropped == 1)
                EnqueueOwn(LogLevel.Warning, $"The log is full: {Kind(isSevere)} are no longer kept from here on.");
        }
    }

    /// <summary>The platform's own words: few, and always kept.</summary>
    public void Note(LogLevel level, string text)
    {
        lock (gate)
            EnqueueOwn(level, text.Replace('\0', '\uFFFD'));
    }

    /// <summary>How an attempt of a run has ended.</summary>
    public void NoteEnd(int attempt, RunFault? fault) => Note(
        fault is null ? LogLevel.Information : LogLevel.Error,
        fault is null ? $"The connector has finished attempt {attempt}." : $"Attempt {attempt} has ended: {fault.Message} ({fault.Code})");

    /// <summary>Says what was dropped and stores what is left; what could not be stored in time is stored later, if this process lives on. Never fails.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        lock (gate)
        {
            if (ordinary.Dropped + severe.Dropped > 0)
            {
                EnqueueOwn(LogLevel.Warning,
                    $"Not kept: {ordinary.Dropped} {Kind(false)}, {severe.Dropped} {Kind(true)}. A log holds {limits.LogLines} lines or {limits.LogKilobytes} KiB of each "
                    + "(Runner:LogLines, Runner:LogKilobytes).");
                ordinary.Dropped = severe.Dropped = 0;
            }
        }

        using var deadline = new CancellationTokenSource(limit);
        while (!deadline.IsCancellationRequested)
        {
            try
            {
                await WriteAsync(deadline.Token);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                await Task.Delay(Pause, deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Stores what waits, in order; a line leaves only when it is stored.</summary>
    /// <exception cref="NpgsqlException">The database is away.</exception>
    public async Task WriteAsync(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            while (NextChunk() is { Count: > 0 } chunk)
            {
                await store.AppendAsync(subject, chunk, cancel);
                lock (gate)
                {
                    foreach (var line in chunk)
                        writer.Release(Size(line.Text));
                    for (var i = 0; i < chunk.Count; i++)
                        waiting.Dequeue();
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The writer has it at hand: the next line announces it again.</summary>
    public void Taken()
    {
        lock (gate)
            announced = false;
    }

    private List<LogLine> NextChunk()
    {
        List<LogLine> chunk = [];
        var bytes = 0;
        lock (gate)
        {
            foreach (var line in waiting)
            {
                bytes += Size(line.Text);
                if (chunk.Count == ChunkLines || (chunk.Count > 0 && bytes > ChunkBytes))
                    break;
                chunk.Add(line);
            }
        }

        return chunk;
    }

    private void EnqueueOwn(LogLevel level, string text)
    {
        writer.Hold(Size(text));
        Enqueue(level, LogSource.Platform, text);
    }

    private void Enqueue(LogLevel level, string source, string text)
    {
        waiting.Enqueue(new(DateTimeOffset.UtcNow, LogLevels.Name(level), source, text));
        if (announced)
            return;
        announced = true;
        writer.Announce(this);
    }

    private static int Size(string text) => Encoding.UTF8.GetByteCount(text) + LineOverhead;

    private static string Kind(bool severe) => severe ? "warnings and errors" : "ordinary lines";

    private sealed class Share(LogSettings limits, long lines, long bytes)
    {
        private long lines = lines;
        private long bytes = bytes;

        public long Dropped { get; set; }

        // Once full it stays so: what comes after would stand as if nothing were missing before it.
        public bool Takes(int size)
        {
            if (Dropped > 0 || lines >= limits.LogLines || bytes + size > limits.LogKilobytes * 1024L)
                return false;
            lines++;
            bytes += size;
            return true;
        }
    }
}
