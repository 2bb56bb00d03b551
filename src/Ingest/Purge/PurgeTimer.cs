using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Ingest.Purge;

/// <summary>Purges soon after the start, and then again and again.</summary>
internal sealed partial class PurgeTimer(PurgeOld purge, IOptions<PurgeOptions> options, TimeProvider time, ILogger<PurgeTimer> logger) : BackgroundService
{
    private static readonly TimeSpan LatestStart = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.Value.Interval;
        // Replicas that start together don't purge together, and a service that starts has better things to do first.
        var pause = (interval < LatestStart ? interval : LatestStart) * Random.Shared.NextDouble();
        while (true)
        {
            await Task.Delay(pause, time, stoppingToken);
            try
            {
                await purge.RunAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException && !stoppingToken.IsCancellationRequested)
            {
                // What it did not get to is older still the next time.
                LogInterrupted(interval, e);
            }

            pause = interval * (0.9 + Random.Shared.NextDouble() / 5);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The purge was interrupted; the next one is in about {Interval}")]
    private partial void LogInterrupted(TimeSpan interval, Exception cause);
}
