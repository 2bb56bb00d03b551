using Platform.Runner.Runs;

namespace Platform.Runner.Invocations;

/// <summary>The hold on an invocation, queued or running; each beat shows its progress.</summary>
internal sealed class InvocationLease : IAsyncDisposable
{
    private readonly Heartbeat heartbeat;

    public InvocationLease(Guid id, InvocationTurns turns, RunChanges changes) =>
        heartbeat = new(id, InvocationTurns.LeaseTime, changes, cancel => turns.HeartbeatAsync(id, Progress, cancel));

    public CancellationToken Lost => heartbeat.Lost;

    public CancellationToken CancelRequested => heartbeat.CancelRequested;

    /// <summary>Shown with the next beat.</summary>
    public InvocationProgress Progress { get; set; } = new();

    public ValueTask DisposeAsync() => heartbeat.DisposeAsync();
}
