using Microsoft.Extensions.Options;

namespace Platform.Runner.Schedules;

/// <summary>Keeps Quartz's triggers in step with the schedules, begins to fire where there are any, and stops that before the runs are drained.</summary>
internal sealed partial class RunSchedules(
    ScheduleTriggers triggers, ScheduleStore store, IHostApplicationLifetime lifetime, IOptions<ScheduleSettings> settings, ILogger<RunSchedules> logger) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await triggers.StopAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await store.ReconcileAsync(stoppingToken) is > 0 and var count)
                    LogReconciled(count);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotReconciled(e.Message);
            }

            await Task.Delay(TimeSpan.FromSeconds(settings.Value.ReconcileSeconds), stoppingToken);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Put {Count} triggers right that did not follow from their schedules")]
    private partial void LogReconciled(int count);

    [LoggerMessage(2, LogLevel.Warning, "The schedules could not be compared with their triggers: {Reason}")]
    private partial void LogNotReconciled(string reason);
}
