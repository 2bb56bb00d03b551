using Docker.DotNet;
using Microsoft.Extensions.Options;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Drivers.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>
/// At the start and every now and then, as an engine may come later and another Runner may die: removes the containers whose Runner is no more, with
/// their anonymous volumes.
/// </summary>
internal sealed partial class RemoveDeadContainers(ContainerEngine engine, IOptions<ServerSettings> settings, ILogger<RemoveDeadContainers> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RemoveAsync(stoppingToken);
            }
            catch (Exception e) when (e is ProblemException or DockerApiException or OperationCanceledException)
            {
                // No engine, or none yet; or the end of this service.
            }

            await Task.Delay(TimeSpan.FromSeconds(settings.Value.SweepSeconds), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RemoveAsync(CancellationToken cancel)
    {
        var ours = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [ContainerOwner.Label] = true } };
        var known = await engine.AskAsync(client => client.Containers.ListContainersAsync(new() { All = true, Filters = ours }, cancel));
        foreach (var container in known.Where(c => ContainerOwner.IsDead(c.Labels[ContainerOwner.Label])))
        {
            try
            {
                await engine.AskAsync(client => client.Containers.RemoveContainerAsync(container.ID, new() { Force = true, RemoveVolumes = true }, cancel));
                Log.Removed(logger, container.ID);
            }
            catch (DockerApiException)
            {
                // Another Runner is removing it too.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed container {Container}, whose runner is no more")]
        public static partial void Removed(ILogger logger, string container);
    }
}
