namespace Platform.Runner.Runs;

/// <summary>Ends a sync that exceeds its time limits, whatever its driver does. Beside the driver, so that no protocol has to care.</summary>
internal sealed class SyncWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // The driver ends its call by itself then, and knows better what to say.
    private static readonly TimeSpan TotalGrace = TimeSpan.FromSeconds(5);

    private readonly SignsOfLife life;
    private readonly SyncLimits limits;
    private readonly CancellationTokenSource exceeded = new();
    private readonly CancellationTokenSource ended = new();
    private readonly Task watching;

    public SyncWatch(SignsOfLife life, SyncLimits limits)
    {
        (this.life, this.limits) = (life, limits);
        watching = WatchAsync();
    }

    /// <summary>Cancelled when a limit is exceeded; <see cref="Fault"/> then says which.</summary>
    public CancellationToken Exceeded => exceeded.Token;

    public RunFaultException? Fault { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await watching;
        ended.Dispose();
        exceeded.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(Interval, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Fault = life.Exceeded(limits) ?? (life.Total > limits.Total + TotalGrace ? Faults.SyncTimeout(limits.Total, withoutStdio: false) : null);
            if (Fault is null || ended.IsCancellationRequested)
                continue;
            await exceeded.CancelAsync();
            return;
        }
    }
}
