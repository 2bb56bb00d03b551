using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Gateway.Audit;

/// <summary>The section <c>Audit</c> of the gateway's configuration.</summary>
internal sealed class AuditSettings
{
    public const string Section = "Audit";

    /// <summary>Days that entries are kept.</summary>
    [Range(30, 36_500)]
    public int KeepDays { get; init; } = 400;
}

/// <summary>Removes entries that are older than the setting says, a few at a time, once an hour.</summary>
internal sealed partial class AuditRetention(AuditStore store, IOptions<AuditSettings> settings, TimeProvider time, ILogger<AuditRetention> logger) : BackgroundService
{
    private const int Batch = 5_000;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                while (await store.PurgeAsync(TimeSpan.FromDays(settings.Value.KeepDays), Batch, stoppingToken) == Batch) { }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogPurgeFailed(e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1, LogLevel.Warning, "Old entries of the audit log could not be removed, which is tried again in an hour: {Reason}")]
    private partial void LogPurgeFailed(string reason);
}
