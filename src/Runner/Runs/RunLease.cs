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
    private readonly RunMotion motion;
    private readonly Task beating;
    private Task publishing = Task.CompletedTask;
    private long publishedAt;
    private (long Pages, string Stage) published;

    public RunLease(Run run, RunStore store, RunChanges changes, EventPublisher events, SubjectLog log)
    {
        (Run, this.store, this.changes, this.events, this.log) = (run, store, changes, events, log);
        before = run.Totals;
        motion = new(Life);
        published = (before.Pages, "");
        if (run.CancelRequestedAt is not null)
            cancelRequested.Cancel();
        beating = BeatAsync();
    }

    public Run Run { get; }

    public long Fence => Run.Fence!.Value;

    public CancellationToken Lost => lost.Token;

    public CancellationToken CancelRequested => cancelRequested.Token;

    public string Stage { get; set; } = RunStage.Starting;

    /// <summary>Of the attempt's connector.</summary>
    public SignsOfLife Life { get; } = new();

    public RunMotion Motion => motion;

    /// <summary>Where the pages go, once there are any.</summary>
    public PageLoad? Pages { get; set; }

    /// <summary>Of all attempts.</summary>
    public LoadTotals Totals => Pages is { } pages ? before.Plus(pages.Totals) : before;

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await beating;
        await publishing;
        ended.Dispose();
        lost.Dispose();
        cancelRequested.Dispose();
    }

    private async Task BeatAsync()
    {
        var heldSince = Stopwatch.GetTimestamp();
        while (!ended.IsCancellationRequested)
        {
            await changes.WaitAsync(Run.Id, Interval, ended.Token);
            if (ended.IsCancellationRequested)
                return;
            var begun = Stopwatch.GetTimestamp();
            var signs = motion.Signs(Stage, Totals, Pages);
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                deadline.CancelAfter(HeldFor);
                var answer = await store.HeartbeatAsync(Run.Id, Fence, signs, deadline.Token);
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

            Publish(signs);
        }
    }

    // News at most once a second. Nobody waits for it: with the broker away it takes a second, which a cancel does not have.
    private void Publish(RunSigns signs)
    {
        if (!publishing.IsCompleted || published == (signs.Totals.Pages, signs.Stage) || (publishedAt != 0 && Stopwatch.GetElapsedTime(publishedAt) < Interval))
            return;
        publishedAt = Stopwatch.GetTimestamp();
        publishing = PublishAsync();

        async Task PublishAsync()
        {
            if (await events.TryPublishAsync(RunEvents.Progressed(Run, signs), CancellationToken.None))
                published = (signs.Totals.Pages, signs.Stage);
        }
    }
}
