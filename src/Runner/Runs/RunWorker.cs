using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Ingest.V1;
using Platform.Runner.Logs;

namespace Platform.Runner.Runs;

/// <summary>
/// Takes queued runs and due attempts while there is room, settles those that nobody is behind any more, and drains at the end:
/// running connectors get some time to finish, then their attempts fail as <c>runner_stopping</c> and another replica takes the runs.
/// </summary>
internal sealed partial class RunWorker(
    RunStore store, RunQueue queue, RunExecution execution, RunClosing closing, RunChanges changes, LogWriter logs, IOptions<RunnerSettings> options,
    ILogger<RunWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Task, byte> working = [];
    private readonly SemaphoreSlim slots = new(options.Value.ConcurrentRuns);
    private readonly SemaphoreSlim wake = new(0);
    private readonly CancellationTokenSource drained = new();
    private volatile bool stopping;

    /// <summary>Leases this run now if there is room and nothing is in its way; without room here the other replicas are told, and else the sweep finds it later.</summary>
    public async Task TryTakeAsync(Guid id, CancellationToken cancel)
    {
        if (!stopping && await slots.WaitAsync(TimeSpan.Zero, cancel))
            await TakeInSlotAsync(id, cancel);
        else
            await queue.WakeAllAsync(cancel);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        await base.StopAsync(cancellationToken);
        await Task.WhenAny(Task.WhenAll(working.Keys), Task.Delay(TimeSpan.FromSeconds(options.Value.DrainSeconds), cancellationToken));
        await drained.CancelAsync();
        // The host's own limit ends the wait; what is left then is closed by the sweep of another Runner, or of the next one.
        await Task.WhenAny(Task.WhenAll(working.Keys), Task.Delay(Timeout.Infinite, cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        changes.Asked += OnAsked;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await queue.LeaseAbandonedAsync(stoppingToken) is { } run)
                    Start(() => SettleAbandonedAsync(run));
                while (!stopping && await slots.WaitAsync(TimeSpan.Zero, stoppingToken) && await TakeInSlotAsync(null, stoppingToken))
                {
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

            await wake.WaitAsync(TimeSpan.FromSeconds(options.Value.SweepSeconds), stoppingToken).ConfigureAwait(false);
        }

        changes.Asked -= OnAsked;
    }

    // The slot is given back when the run has ended, or at once when there is none.
    private async Task<bool> TakeInSlotAsync(Guid? id, CancellationToken cancel)
    {
        Run? run = null;
        try
        {
            run = stopping ? null : await queue.LeaseAsync(id, cancel);
        }
        finally
        {
            if (run is null)
                slots.Release();
        }

        if (run is null)
            return false;
        Start(async () =>
        {
            await execution.ExecuteAsync(run, drained.Token);
            slots.Release();
            // The next run of this connection may have waited for this one.
            Wake();
        });
        return true;
    }

    private async Task SettleAbandonedAsync(Run run)
    {
        using var activity = run.Continue("settle run");
        using var limit = new CancellationTokenSource(RunStore.LeaseTime - TimeSpan.FromSeconds(2));
        try
        {
            var standing = await closing.StandingAsync(run, limit.Token);
            await NoteAsync(run, standing, limit.Token);
            if (standing is not null)
            {
                await store.FinishAsync(run.Id, run.Fence!.Value, standing, null, limit.Token);
                return;
            }

            var maxAttempts = run.MaxAttempts ?? options.Value.MaxAttempts;
            if (run.State == RunState.Running && RunRules.TriesAgain(Faults.RunnerLost, run.Attempt, maxAttempts, run.CancelRequestedAt is not null))
            {
                await closing.TryAgainAsync(run, Faults.RunnerLost, handedOn: false, null, limit.Token);
                return;
            }

            var (outcome, fault) = RunRules.DecideAbandoned(run.State, run.CancelRequestedAt is not null);
            await closing.CloseAsync(run, outcome, fault, null, null, limit.Token);
        }
        catch (Exception e)
        {
            // Its lease runs out and it is found again.
            Log.NotClosed(logger, run.Id, e.Message);
        }
    }

    // Whoever wrote the log until here said nothing of the end.
    private async Task NoteAsync(Run run, RunOutcome? standing, CancellationToken cancel)
    {
        var log = await logs.OpenAsync(run.Id, goesOn: true, cancel);
        if (standing is not null)
            log.Note(LogLevel.Warning, $"The runner of attempt {run.Attempt} is gone; it was decided already: the run has {RunRules.State(standing.Outcome)}.");
        else if (run.State == RunState.Queued || run.NextAttemptAt is not null)
            log.Note(LogLevel.Information, $"The run was cancelled before attempt {run.Attempt + 1} began.");
        else
            log.NoteEnd(run.Attempt, Faults.RunnerLost);
        await log.CloseAsync(LogLimit);
    }

    private void Start(Func<Task> work)
    {
        // Off the request or sweep that found it, whose trace is not the run's.
        using var flow = ExecutionContext.SuppressFlow();
        var task = Task.Run(work);
        working.TryAdd(task, 0);
        _ = task.ContinueWith(done => working.TryRemove(done, out _), TaskScheduler.Default);
    }

    private void OnAsked(Guid row) => Wake();

    private void Wake()
    {
        if (wake.CurrentCount == 0)
            wake.Release();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Queued runs can't be looked for: {Reason}")]
        public static partial void SweepFailed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Run {RunId} could not be closed yet: {Reason}")]
        public static partial void NotClosed(ILogger logger, Guid runId, string reason);
    }
}
