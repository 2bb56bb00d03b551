using System.Globalization;
using System.Text;

namespace Platform.Gateway.Events;

/// <summary>
/// One open stream: writes events at the pace of its client, from memory while it keeps up and from the table else, so that a slow client makes nothing wait or grow.
/// One that reads nothing at all is cut off by the server's minimum data rate, and resumes.
/// </summary>
/// <param name="after">The id that its client has seen last.</param>
internal sealed class EventStream(EventFeed feed, EventStore store, EventFilter filter, long after)
{
    /// <summary>So many seconds lie between two comments on a silent stream, which tell its client and the proxies on the way that it is alive.</summary>
    public const int Turns = 20;

    // A page of a slow client's stays in memory until it has taken it.
    private const int ReadAtOnce = 50;
    private const int ReadBytes = 64 * 1024;

    // The pool of connections is for all of the gateway.
    private static readonly SemaphoreSlim Reading = new(4);
    private static int opened;

    private readonly Lock gate = new();
    private TaskCompletionSource? waiting;
    private long position = after;

    /// <summary>Which of the seconds is its own.</summary>
    public int Turn { get; } = (int)((uint)Interlocked.Increment(ref opened) % Turns);

    /// <summary>Until the client goes, the process ends, or events were removed that it had yet to get.</summary>
    public async Task RunAsync(HttpResponse response, CancellationToken cancel)
    {
        using var added = feed.Add(this);
        await using var ending = cancel.UnsafeRegister(stream => ((EventStream)stream!).Wake(), this);
        // At once, whenever the first event may come: who is cut off before that goes on from here as well.
        await response.Body.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $": the id is where to go on: Last-Event-ID\nid: {position}\n\n")), cancel);
        while (true)
        {
            await response.Body.FlushAsync(cancel);
            await WaitAsync(cancel);
            if (cancel.IsCancellationRequested || feed.IsOver) return;
            if (position >= feed.Last)
                // An id without data is no event, but the client goes on from there.
                await response.Body.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $": alive\nid: {position}\n\n")), cancel);
            while (position < feed.Last && !feed.IsOver)
            {
                if (!await WriteSomeAsync(response, cancel)) return;
                await response.Body.FlushAsync(cancel);
            }
        }
    }

    /// <summary>New events, told to every stream in their order. One that waits is woken if it wants one of them, and has else passed them.</summary>
    public void Offer(IReadOnlyList<StoredEvent> events)
    {
        lock (gate)
        {
            // Whoever does not wait finds them by itself.
            if (waiting is null) return;
            if (events.Any(filter.Matches)) Wake();
            else position = Math.Max(position, events[^1].Seq);
        }
    }

    public void Wake()
    {
        lock (gate)
        {
            waiting?.TrySetResult();
            waiting = null;
        }
    }

    private Task WaitAsync(CancellationToken cancel)
    {
        lock (gate)
        {
            if (position < feed.Last || feed.IsOver || cancel.IsCancellationRequested) return Task.CompletedTask;
            waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task;
        }
    }

    /// <returns>False: there is a gap behind the position.</returns>
    private async Task<bool> WriteSomeAsync(HttpResponse response, CancellationToken cancel)
    {
        if (feed.After(position, ReadAtOnce) is { } recent)
        {
            foreach (var (e, frame) in recent)
            {
                if (filter.Matches(e)) await response.Body.WriteAsync(frame, cancel);
                position = e.Seq;
            }

            return true;
        }

        var upTo = feed.Last;
        await Reading.WaitAsync(cancel);
        (IReadOnlyList<StoredEvent> Events, bool Complete)? read;
        try
        {
            read = await store.ReadAsync(filter, position, upTo, ReadAtOnce, ReadBytes, cancel);
        }
        finally
        {
            Reading.Release();
        }

        if (read is not var (events, complete)) return false;
        foreach (var e in events)
        {
            await response.Body.WriteAsync(e.Frame, cancel);
            position = e.Seq;
        }

        if (complete) position = upTo;
        return true;
    }
}
