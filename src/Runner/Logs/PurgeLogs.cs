using Microsoft.Extensions.Options;

namespace Platform.Runner.Logs;

/// <summary>Removes log lines that are older than <see cref="LogSettings.LogDays"/>, at the start and then every hour; every replica does, and they don't wait for each other.</summary>
internal sealed partial class PurgeLogs(LogStore store, IOptions<LogSettings> options, ILogger<PurgeLogs> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                await PurgeAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The Runner stops.
        }
    }

    private async Task PurgeAsync(CancellationToken cancel)
    {
        try
        {
            while (await store.PurgeAsync(TimeSpan.FromDays(options.Value.LogDays), cancel) > 0)
            {
            }
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            Log.NotPurged(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Old log lines could not be removed; it is tried again in an hour: {Reason}")]
        public static partial void NotPurged(ILogger logger, string reason);
    }
}
