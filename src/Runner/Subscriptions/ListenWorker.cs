using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Runner.Runs;

namespace Platform.Runner.Subscriptions;

/// <summary>Takes listeners that nobody holds, also after a restart, and lets them go when the Runner stops.</summary>
internal sealed partial class ListenWorker(
    ListenerStore listeners, ListenExecution execution, RunChanges changes, IOptions<RunnerSettings> options, ILogger<ListenWorker> logger) : BackgroundService
{
    // Each is a connection to Ingest and a warm server.
    private const int MostAtOnce = 100;
    private readonly ConcurrentDictionary<Task, byte> working = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (working.Count < MostAtOnce && await listeners.LeaseAsync(stoppingToken) is { } listener)
                    Start(listener, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.SweepFailed(logger, e.Message);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await changes.AskedAsync(null, TimeSpan.FromSeconds(options.Value.SweepSeconds), stoppingToken);
        }

        await Task.WhenAll(working.Keys);
    }

    private void Start(Listener listener, CancellationToken stopping)
    {
        using var flow = ExecutionContext.SuppressFlow();
        var task = Task.Run(() => execution.ExecuteAsync(listener, stopping), CancellationToken.None);
        working.TryAdd(task, 0);
        _ = task.ContinueWith(done => working.TryRemove(done, out _), TaskScheduler.Default);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Listeners can't be looked for: {Reason}")]
        public static partial void SweepFailed(ILogger logger, string reason);
    }
}
