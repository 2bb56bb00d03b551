using System.Diagnostics.Tracing;
using Grpc.Core;

namespace Grpc.Net.Internal;

// The event source of one side: what its calls do, as events and as counters. Counts only while somebody listens; callers
// ask IsEnabled before, so that all of it costs one read of a field otherwise.
internal sealed class CallEvents : EventSource
{
    public static readonly CallEvents Client = new("Grpc.Net.Client", server: false);
    public static readonly CallEvents Server = new("Grpc.AspNetCore.Server", server: true);

    private readonly bool server;
    private PollingCounter[]? counters;
    private long total;
    private long current;
    private long failed;
    private long deadlineExceeded;
    private long unimplemented;
    private long sent;
    private long received;

    private CallEvents(string name, bool server)
        : base(name) => this.server = server;

    [Event(1, Level = EventLevel.Verbose)]
    public void CallStart(string method)
    {
        Interlocked.Increment(ref total);
        Interlocked.Increment(ref current);
        WriteEvent(1, method);
    }

    // Only after the call's CallStart: who begins to listen meanwhile would count calls that never started.
    [Event(2, Level = EventLevel.Verbose)]
    public void CallStop()
    {
        Interlocked.Decrement(ref current);
        WriteEvent(2);
    }

    [Event(3, Level = EventLevel.Error)]
    public void CallFailed(int statusCode)
    {
        Interlocked.Increment(ref failed);
        WriteEvent(3, statusCode);
    }

    [Event(4, Level = EventLevel.Error)]
    public void CallDeadlineExceeded()
    {
        Interlocked.Increment(ref deadlineExceeded);
        WriteEvent(4);
    }

    [Event(5, Level = EventLevel.Verbose)]
    public void MessageSent()
    {
        Interlocked.Increment(ref sent);
        WriteEvent(5);
    }

    [Event(6, Level = EventLevel.Verbose)]
    public void MessageReceived()
    {
        Interlocked.Increment(ref received);
        WriteEvent(6);
    }

    [Event(7, Level = EventLevel.Verbose)]
    public void CallUnimplemented(string method)
    {
        Interlocked.Increment(ref unimplemented);
        WriteEvent(7, method);
    }

    [NonEvent]
    public void CallEnded(StatusCode status)
    {
        if (status == StatusCode.DeadlineExceeded)
            CallDeadlineExceeded();

        if (status != StatusCode.OK)
            CallFailed((int)status);

        CallStop();
    }

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command != EventCommand.Enable || counters is not null)
            return;

        counters =
        [
            new("total-calls", this, () => Volatile.Read(ref total)) { DisplayName = "Total Calls" },
            new("current-calls", this, () => Volatile.Read(ref current)) { DisplayName = "Current Calls" },
            new("calls-failed", this, () => Volatile.Read(ref failed)) { DisplayName = "Total Calls Failed" },
            new("calls-deadline-exceeded", this, () => Volatile.Read(ref deadlineExceeded)) { DisplayName = "Total Calls Deadline Exceeded" },
            new("messages-sent", this, () => Volatile.Read(ref sent)) { DisplayName = "Total Messages Sent" },
            new("messages-received", this, () => Volatile.Read(ref received)) { DisplayName = "Total Messages Received" },
            .. server ? [new PollingCounter("calls-unimplemented", this, () => Volatile.Read(ref unimplemented)) { DisplayName = "Total Calls Unimplemented" }] : Array.Empty<PollingCounter>(),
        ];
    }
}
