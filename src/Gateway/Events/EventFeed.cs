using System.Collections.Concurrent;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Events;

/// <summary>
/// The one reader of this process: follows the table of events and feeds the open streams from memory. A stream that waits costs an object and no
/// timer and no database connection; only those that want an event are woken for it.
/// </summary>
internal sealed partial class EventFeed(EventStore store, IConfiguration configuration, IHostApplicationLifetime lifetime, ILogger<EventFeed> logger) : BackgroundService
{
    private const int Remembered = 1000;
    private const int RememberedBytes = 8 * 1024 * 1024;
    private const int ReadAtOnce = 500;
    private const int ReadBytes = 4 * 1024 * 1024;

    // Announcements come by NOTIFY; this is for what was not announced.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // Its LISTEN ends with the connection, so none from a pool; the keepalive notices a server that went without a word.
    private readonly string connectionString = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("gateway-db"))
    {
        Pooling = false, KeepAlive = 10, ApplicationName = "event feed",
    }.ConnectionString;

    private readonly ConcurrentDictionary<EventStream, byte> streams = new();
    private readonly Lock gate = new();
    private readonly LinkedList<(StoredEvent Event, byte[] Frame)> memory = new();
    private long bytes;

    // All between the two are in memory.
    private long first = long.MaxValue;
    private long last;
    private volatile bool over;

    /// <summary>Up to here the streams were told.</summary>
    public long Last => Volatile.Read(ref last);

    /// <summary>The process ends, and the streams with it.</summary>
    public bool IsOver => over;

    /// <summary>Called for each batch of new events, and never with fewer than one. Must be quick and not throw.</summary>
    public event Action? Grew;

    public IDisposable Add(EventStream stream)
    {
        streams[stream] = 0;
        return new Registration(this, stream);
    }

    /// <summary>Those behind an id that are in memory, at most <paramref name="most"/>; null: they are only in the table.</summary>
    public IReadOnlyList<(StoredEvent Event, byte[] Frame)>? After(long seq, int most)
    {
        lock (gate)
        {
            if (seq >= last) return [];
            if (seq + 1 < first) return null;
            var found = new List<(StoredEvent, byte[])>();
            // From the newest back: a stream is mostly a few behind.
            var node = memory.Last;
            while (node?.Previous is { } before && before.Value.Event.Seq > seq) node = before;
            for (; node is not null && found.Count < most; node = node.Next) found.Add(node.Value);
            return found;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Before the server waits for its requests.
        using var ending = lifetime.ApplicationStopping.Register(End);
        var beating = BeatAsync(stoppingToken);
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand($"LISTEN {EventStore.Channel}", connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                if (first == long.MaxValue) Begin((await store.ExtentAsync(stoppingToken)).Last);
                while (true)
                {
                    await CatchUpAsync(stoppingToken);
                    failures = 0;
                    await connection.WaitAsync(Poll, stoppingToken);
                }
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // Once per outage: the streams go on where they were.
                if (failures++ == 0) LogInterrupted(e.Message);
                var pause = TimeSpan.FromMilliseconds(Math.Min(100 * Math.Pow(2, failures), LongestPause.TotalMilliseconds));
                await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await beating;
    }

    /// <summary>Ends the streams, each after the event that it writes.</summary>
    private void End()
    {
        over = true;
        foreach (var stream in streams.Keys) stream.Wake();
    }

    private void Begin(long at)
    {
        lock (gate)
        {
            memory.Clear();
            (first, last, bytes) = (at + 1, at, 0);
        }
    }

    private async Task CatchUpAsync(CancellationToken cancel)
    {
        while (await store.ReadAsync(null, last, long.MaxValue, ReadAtOnce, ReadBytes, cancel) is var read)
        {
            if (read is not var (events, complete))
            {
                // Asleep for longer than events are kept: each stream finds out by itself.
                Begin((await store.ExtentAsync(cancel)).Gone);
                continue;
            }

            if (events.Count > 0) Publish(events);
            if (complete) return;
        }
    }

    private void Publish(IReadOnlyList<StoredEvent> events)
    {
        lock (gate)
        {
            foreach (var e in events)
            {
                var frame = e.Frame;
                memory.AddLast((e, frame));
                bytes += frame.Length + e.Json.Length;
            }

            while (memory.Count > Remembered || bytes > RememberedBytes && memory.Count > 1)
            {
                var (oldest, frame) = memory.First!.Value;
                memory.RemoveFirst();
                bytes -= frame.Length + oldest.Json.Length;
                first = oldest.Seq + 1;
            }

            Volatile.Write(ref last, events[^1].Seq);
        }

        foreach (var stream in streams.Keys) stream.Offer(events);
        Grew?.Invoke();
    }

    /// <summary>One timer for all: each second it is a twentieth of the streams' turn.</summary>
    private async Task BeatAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var turn = 0; await timer.WaitForNextTickAsync(cancel); turn = (turn + 1) % EventStream.Turns)
                foreach (var stream in streams.Keys)
                    if (stream.Turn == turn)
                        stream.Wake();
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private sealed class Registration(EventFeed feed, EventStream stream) : IDisposable
    {
        public void Dispose() => feed.streams.TryRemove(stream, out _);
    }

    [LoggerMessage(1, LogLevel.Warning, "Streams of events wait until the database answers again: {Reason}")]
    private partial void LogInterrupted(string reason);
}
