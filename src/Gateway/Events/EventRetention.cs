using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Gateway.Events;

/// <summary>Removes what is older than Events:KeepDays, a few thousand at a time.</summary>
internal sealed partial class EventRetention(EventStore store, IOptions<EventsOptions> options, TimeProvider time, ILogger<EventRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                while (await store.PurgeAsync(TimeSpan.FromDays(options.Value.KeepDays), stoppingToken) > 0)
                {
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogPostponed(e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1, LogLevel.Warning, "Old events could not be removed and stay for now: {Reason}")]
    private partial void LogPostponed(string reason);
}
