using Grpc.Core;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.AlwaysOn;

/// <summary>
/// Sees to it that the connectors run which are to run all the time. Registry is asked which they are at the start, when a connection or a connector has
/// changed, and once a minute. Each replica keeps one of its own, as each answers for its connection.
/// </summary>
internal sealed partial class KeepConnections(RegistryClient registry, KeptStart start, ILogger<KeepConnections> logger) : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);
    // While Registry is away.
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, KeptConnection> kept = [];
    private readonly SemaphoreSlim wake = new(0, 1);

    /// <summary>Something has changed: look now.</summary>
    public void Wake()
    {
        try
        {
            wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is about to look.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = LookInterval;
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (RpcException e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotAsked(logger, e.Status.Detail);
                pause = AskAgain;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            await ((Task)wake.WaitAsync(pause, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(kept.Values.Select(k => k.EndAsync()));
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        var wanted = (await registry.ListAlwaysOnAsync(new(), deadline: DateTime.UtcNow + AnswerLimit, cancellationToken: cancel)).Connections;
        foreach (var gone in kept.Keys.Except(wanted.Select(w => w.Id)).ToList())
            if (kept.Remove(gone, out var ending))
                await ending.EndAsync();
        foreach (var connection in wanted)
        {
            if (kept.TryGetValue(connection.Id, out var known))
                known.Look(connection.State);
            else
                kept.Add(connection.Id, new(connection.Id, connection.State, start, logger));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Registry can't be asked which connectors are to run all the time: {Reason}")]
        public static partial void NotAsked(ILogger logger, string reason);
    }
}
