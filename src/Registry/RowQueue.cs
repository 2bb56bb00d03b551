using System.Threading.Channels;

namespace Platform.Registry;

/// <summary>
/// The loop of a service whose queue is rows: it looks at them when it is woken, and every so often besides, so that what nobody announced,
/// or what failed, is only late.
/// </summary>
internal abstract partial class RowQueue(TimeSpan lookEvery, ILogger logger) : BackgroundService
{
    private readonly Channel<bool> wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is a new row.</summary>
    public void Wake() => wakeUps.Writer.TryWrite(true);

    /// <summary>Does what is due; what it throws is logged, and it is called again.</summary>
    protected abstract Task WorkAsync(CancellationToken stopping);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WorkAsync(stoppingToken);
                failures = 0;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Database, broker or another service away: the rows wait. Told once per outage.
                if (failures++ == 0) LogFailed(logger, GetType().Name, e);
            }
            await PauseAsync(stoppingToken);
        }
    }

    private async Task PauseAsync(CancellationToken stopping)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        pause.CancelAfter(lookEvery);
        try
        {
            await wakeUps.Reader.ReadAsync(pause.Token);
        }
        catch (OperationCanceledException)
        {
            // Nobody woke it, or it is told to stop.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Service} could not go on; its rows wait and are tried again")]
    private static partial void LogFailed(ILogger logger, string service, Exception e);
}
