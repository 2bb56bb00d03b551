using System.Diagnostics;
using Platform.Runner.Logs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>
/// The hold on a run: extended every second together with the progress shown in its row. A lease that could not be
/// extended for its whole time is lost; whoever holds it then stops without writing.
/// </summary>
internal sealed class RunLease : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    // Lost a little earlier here than in the database, so that two holders never overlap.
    private static readonly TimeSpan HeldFor = RunStore.LeaseTime - TimeSpan.FromSeconds(2);

    private readonly RunStore store;
    private readonly RunChanges changes;
    private readonly EventPublisher events;
    private readonly SubjectLog log;
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource cancelRequested = new();
    private readonly CancellationTokenSource ended = new();
    private readonly LoadTotals before;
    private readonly Task beating;

    public RunLease(Run run, RunStore store, RunChanges changes, EventPublisher events, SubjectLog log)
    {
        (Run, this.store, this.changes, this.events, this.log) = (run, store, changes, events, log);
        before = run.Totals;
        if (run.CancelRequestedAt is not null)
            cancelRequested.Cancel();
        beating = BeatAsync();
    }

    public Run Run { get; }

    public long Fence => Run.Fence!.Value;

    public CancellationToken Lost => lost.Token;

    public CancellationToken CancelRequested => cancelRequested.Token;

    public string Stage { get; set; } = RunStage.Starting;

    /// <summary>Where the pages go, once there are any.</summary>
    public PageLoad? Pages { get; set; }

    /// <summary>Of all attempts.</summary>
    public LoadTotals Totals => Pages is { } pages ? before.Plus(pages.Totals) : before;

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await beating;
        ended.Dispose();
        lost.Dispose();
        cancelRequested.Dispose();
    }

    private async Task BeatAsync()
    {
        var heldSince = Stopwatch.GetTimestamp();
        var shown = before.Pages;
        while (!ended.IsCancellationRequested)
        {
            await changes.WaitAsync(Run.Id, Interval, ended.Token);
            if (ended.IsCancellationRequested)
                return;
            var begun = Stopwatch.GetTimestamp();
            var totals = Totals;
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                deadline.CancelAfter(HeldFor);
                var answer = await store.HeartbeatAsync(Run.Id, Fence, Stage, totals, deadline.Token);
                if (answer is null)
                {
                    await lost.CancelAsync();
                    return;
                }

                heldSince = begun;
                if (answer.Value && !cancelRequested.IsCancellationRequested)
                {
                    log.Note(LogLevel.Information, "A cancel was asked for: the connector is told to end.");
                    await cancelRequested.CancelAsync();
                }
            }
            catch (Exception) when (!ended.IsCancellationRequested)
            {
                // The database is away; the lease holds until its time is over.
                if (Stopwatch.GetElapsedTime(heldSince) > HeldFor)
                {
                    await lost.CancelAsync();
                    return;
                }
            }
            catch (Exception)
            {
                return;
            }

            if (totals.Pages > shown && await events.TryPublishAsync(RunEvents.Progressed(Run, totals.Counts), CancellationToken.None))
                shown = totals.Pages;
        }
    }
}
