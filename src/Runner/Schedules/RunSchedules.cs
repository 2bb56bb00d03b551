using Microsoft.Extensions.Options;
using Npgsql;
using Quartz;

namespace Platform.Runner.Schedules;

/// <summary>Starts Quartz once the Runner is up, keeps its tables in step with the schedules, and stops it before the runs are drained.</summary>
internal sealed partial class RunSchedules(
    ScheduleTriggers triggers, ScheduleStore store, NpgsqlDataSource database, IHostApplicationLifetime lifetime, IOptions<ScheduleSettings> settings,
    ILogger<RunSchedules> logger) : BackgroundService
{
    /// <summary>Any number that nobody else uses in this database.</summary>
    private const long LockKey = 0x5363_6865_6475_6C65;

    private IScheduler? scheduler;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var session = await database.OpenConnectionAsync(cancellationToken))
        {
            // Quartz makes its tables when it is first asked for, one replica after the other.
            await using var hold = new NpgsqlCommand($"select pg_advisory_lock({LockKey})", session);
            await hold.ExecuteNonQueryAsync(cancellationToken);
            try
            {
                scheduler = await triggers.SchedulerAsync(cancellationToken);
                await triggers.AddJobAsync(cancellationToken);
            }
            finally
            {
                await using var release = new NpgsqlCommand($"select pg_advisory_unlock({LockKey})", session);
                await release.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (scheduler is not null)
            await scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        var running = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!running)
                    await scheduler!.Start(stoppingToken);
                running = true;
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
