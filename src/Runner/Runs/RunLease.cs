using System.Diagnostics;
using Platform.Runner.Logs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>The hold on a run; each beat shows the progress in its row and publishes it.</summary>
internal sealed class RunLease : IAsyncDisposable
{
    private static readonly TimeSpan NewsInterval = TimeSpan.FromSeconds(1);

    private readonly RunStore store;
    private readonly EventPublisher events;
    private readonly LoadTotals before;
    private readonly RunMotion motion;
    private readonly Heartbeat heartbeat;
    private Task publishing = Task.CompletedTask;
    private long publishedAt;
    private (long Pages, string Stage) published;

    public RunLease(Run run, RunStore store, RunChanges changes, EventPublisher events, SubjectLog log)
    {
        (Run, this.store, this.events) = (run, store, events);
        before = run.Totals;
        motion = new(Life);
        published = (before.Pages, "");
        heartbeat = new(run.Id, RunStore.LeaseTime, changes, ExtendAsync);
        heartbeat.CancelRequested.Register(() => log.Note(LogLevel.Information, "A cancel was asked for: the connector is told to end."));
    }

    public Run Run { get; }

    public long Fence => Run.Fence!.Value;

    public CancellationToken Lost => heartbeat.Lost;

    public CancellationToken CancelRequested => heartbeat.CancelRequested;

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
        await heartbeat.DisposeAsync();
        await publishing;
    }

    private async Task<bool?> ExtendAsync(CancellationToken cancel)
    {
        var signs = motion.Signs(Stage, Totals, Pages);
        var cancelRequested = await store.HeartbeatAsync(Run.Id, Fence, signs, cancel);
        if (cancelRequested is not null)
            Publish(signs);
        return cancelRequested;
    }

    // News at most once a second. Nobody waits for it: with the broker away it takes a second, which a cancel does not have.
    private void Publish(RunSigns signs)
    {
        if (!publishing.IsCompleted || published == (signs.Totals.Pages, signs.Stage) || (publishedAt != 0 && Stopwatch.GetElapsedTime(publishedAt) < NewsInterval))
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
