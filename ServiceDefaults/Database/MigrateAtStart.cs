using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Platform.ServiceDefaults;

/// <summary>Migrates before any hosted service starts, the web server included, and waits for a server that is still starting.</summary>
internal sealed partial class MigrateAtStart(
    string connectionName, string connectionString, string component, Func<IReadOnlyList<Migration>> migrations, ILogger<MigrateAtStart> logger)
    : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var giveUp = TimeProvider.System.GetTimestamp();
        var known = migrations();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Migrator.ApplyAsync(connectionString, component, known, cancellationToken);
                return;
            }
            catch (NpgsqlException e) when (IsStarting(e) && TimeProvider.System.GetElapsedTime(giveUp) < Patience)
            {
                if (attempt == 1)
                    LogWaiting(connectionName, e.Message);
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <summary>Not reachable yet, refusing while it recovers, or the database is still to be created.</summary>
    private static bool IsStarting(NpgsqlException e) =>
        e.IsTransient || e.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.InvalidCatalogName;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Warning, "Waiting for the database of ConnectionStrings:{ConnectionName}: {Reason}")]
    private partial void LogWaiting(string connectionName, string reason);
}
