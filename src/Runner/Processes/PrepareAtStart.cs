namespace Platform.Runner.Processes;

/// <summary>
/// What would otherwise wait for the first run: left-over folders and processes of dead Runners are removed, and what this
/// machine offers for isolation is found out.
/// </summary>
internal sealed partial class PrepareAtStart(RunFolders folders, Isolation isolation, ILogger<PrepareAtStart> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        folders.RemoveLeftOvers();
        if (!isolation.HasBubblewrap)
            Log.NotApart(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "bubblewrap is absent or does not work here: connectors see the files that this service sees")]
        public static partial void NotApart(ILogger logger);
    }
}
