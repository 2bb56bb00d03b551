using Npgsql;

namespace Platform.Ingest.Deletion;

/// <summary>
/// Purges connections that are barred, one after the other. The rows in <c>deleted_connections</c> are the queue: a purge that is broken off, by whatever,
/// goes on where it was.
/// </summary>
internal sealed partial class PurgeDeleted(NpgsqlDataSource database, PurgeConnection purge, TimeProvider time, ILogger<PurgeDeleted> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim woken = new(0, 1);

    /// <summary>There is one more.</summary>
    public void Wake()
    {
        try
        {
            woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                foreach (var (id, name, connector) in await FindAsync(stoppingToken))
                    await purge.RunAsync(id, name, connector, stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException && !stoppingToken.IsCancellationRequested)
            {
                LogInterrupted(LookEvery, e);
            }
            using var look = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var timer = Task.Delay(LookEvery, time, look.Token);
            await Task.WhenAny(timer, woken.WaitAsync(look.Token));
            await look.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<List<(Guid Id, string Name, string Connector)>> FindAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("SELECT connection_id, connection, connector FROM deleted_connections WHERE purged_at IS NULL ORDER BY deleted_at");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<(Guid, string, string)>();
        while (await reader.ReadAsync(cancellation))
            found.Add((reader.GetGuid(0), reader.GetString(1), reader.GetString(2)));
        return found;
    }

    [LoggerMessage(1, LogLevel.Warning, "The purge of a deleted connection was interrupted; it goes on in about {Interval}")]
    private partial void LogInterrupted(TimeSpan interval, Exception cause);
}
