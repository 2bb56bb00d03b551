namespace Platform.Runner.Bundles;

/// <summary>What Runners that died have left half fetched or half removed goes before anybody waits for room.</summary>
internal sealed partial class CleanBundlesAtStart(BundleFolders folders, ILogger<CleanBundlesAtStart> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(
        () =>
        {
            try
            {
                folders.RemoveLeftOvers();
                folders.Evict();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.NotCleaned(logger, e.Message);
            }
        },
        stoppingToken);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Left-over bundles could not be removed: {Reason}")]
        public static partial void NotCleaned(ILogger logger, string reason);
    }
}
