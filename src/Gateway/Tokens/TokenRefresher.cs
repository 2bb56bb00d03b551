using Npgsql;

namespace Platform.Gateway.Tokens;

/// <summary>Puts the bootstrap token in at start; then keeps the memory fresh and writes down last uses.</summary>
internal sealed partial class TokenRefresher(
    TokenCache cache, TokenStore store, BootstrapToken bootstrap, TimeProvider time, ILogger<TokenRefresher> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (bootstrap.Hash is { } hash) await store.PutBootstrapAsync(hash, cancellationToken);
        else LogNoBootstrap();
        await cache.RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await cache.RefreshAsync(stoppingToken);
                await cache.SaveUsesAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogDatabaseAway(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tokens could not be refreshed; requests are refused once the last refresh is too old")]
    private partial void LogDatabaseAway(Exception cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Gateway:BootstrapToken is not set: only tokens that are in the database already are accepted")]
    private partial void LogNoBootstrap();
}
