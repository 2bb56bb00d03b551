using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace Platform.Runner.Invocations;

/// <summary>
/// Carries out the invocations of this replica, ends those that nobody holds any more, and drains at the end: actions get the time that runs
/// get, then their connectors are ended.
/// </summary>
internal sealed partial class InvocationWorker(
    InvocationTurns turns, InvocationExecution execution, IOptions<InvocationSettings> options, IOptions<RunnerSettings> runner,
    IHostApplicationLifetime lifetime, ILogger<InvocationWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, Task<Invocation?>> working = [];
    private readonly CancellationTokenSource drained = new();
    private int room = options.Value.Concurrent + options.Value.MaxWaiting;

    public bool Stopping => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Room for one more; false: there is none.</summary>
    public bool TryReserve()
    {
        if (Interlocked.Decrement(ref room) >= 0)
            return true;
        Release();
        return false;
    }

    /// <summary>Gives back what was reserved for nothing.</summary>
    public void Release() => Interlocked.Increment(ref room);

    /// <summary>Carries it out, whoever waits for it or doesn't, in the room that was reserved.</summary>
    public void Begin(InvocationWork work)
    {
        // The request that asked for it may end long before.
        using var flow = ExecutionContext.SuppressFlow();
        var begun = new TaskCompletionSource();
        var task = Task.Run(async () =>
        {
            await begun.Task;
            var ended = await execution.ExecuteAsync(work, drained.Token);
            working.TryRemove(work.Invocation.Id, out _);
            Release();
            return ended;
        });
        working[work.Invocation.Id] = task;
        begun.SetResult();
    }

    /// <summary>Ends with the invocation, whose last record it then has if it was written; null: this replica does not carry it out.</summary>
    public Task<Invocation?>? Find(Guid invocation) => working.GetValueOrDefault(invocation);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // The host's own limit ends the wait; what is left then is ended by the sweep of another Runner, or of the next one.
        await Task.WhenAny(Task.WhenAll(working.Values), Task.Delay(Timeout.Infinite, cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Runs are drained beside it.
        using var drain = lifetime.ApplicationStopping.Register(() => drained.CancelAfter(TimeSpan.FromSeconds(runner.Value.DrainSeconds)));
        var forgotten = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await turns.EndAbandonedAsync(stoppingToken))
                {
                }

                if (forgotten == 0 || Stopwatch.GetElapsedTime(forgotten) > ForgetInterval)
                {
                    await turns.ForgetAsync(TimeSpan.FromDays(options.Value.KeepDays), stoppingToken);
                    forgotten = Stopwatch.GetTimestamp();
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.SweepFailed(logger, e.Message);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromSeconds(runner.Value.SweepSeconds), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Abandoned invocations can't be looked for: {Reason}")]
        public static partial void SweepFailed(ILogger logger, string reason);
    }
}
