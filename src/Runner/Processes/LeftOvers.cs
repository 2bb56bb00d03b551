namespace Platform.Runner.Processes;

/// <summary>
/// Removes folders and processes of Runners that are no more: at the start, so that the first run need not wait for it, and again and again, as a Runner that is killed
/// while it starts a connector may leave one that hears of no death, and nobody may start it anew. What this machine offers for isolation is found out at the start, too.
/// </summary>
internal sealed partial class LeftOvers(RunFolders folders, Isolation isolation, ILogger<LeftOvers> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        folders.RemoveLeftOvers();
        if (!isolation.HasBubblewrap)
            Log.NotApart(logger);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        var told = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                folders.RemoveLeftOvers();
                told = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It may stay so for days.
                if (!told)
                    Log.NotRemoved(logger, e.Message);
                told = true;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "bubblewrap is absent or does not work here: connectors see the files that this service sees")]
        public static partial void NotApart(ILogger logger);

        [LoggerMessage(2, LogLevel.Warning, "What dead Runners left can't be looked for: {Reason}")]
        public static partial void NotRemoved(ILogger logger, string reason);
    }
}
