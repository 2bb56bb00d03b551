using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts every resource once those it waits for are healthy, watches it, and stops all in the reverse order.</summary>
internal sealed class Orchestrator(
    IResourceCollection resources, ResourceNotificationService notifications, ResourceLogs logs, IConfiguration configuration, HostingOptions options)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan firstCheckDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan longestCheckDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan healthyCheckDelay = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<IResource, List<ManagedProcess>> processes = [];
    private readonly Dictionary<IResource, Task> stops = [];
    private readonly Lock gate = new();
    private RunFolder? run;
    private Task running = Task.CompletedTask;
    private Task? stopped;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        RefuseCircles();
        AllocateEndpoints();
        run = RunFolder.Create();
        var context = new LaunchContext(run, logs, configuration);
        running = Task.WhenAll(resources.Select(resource => Task.Run(() => RunAsync(resource, context), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (gate)
            return stopped ??= StopAllAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        stopping.Dispose();
    }

    private async Task RunAsync(IResource resource, LaunchContext context)
    {
        var launcher = resource.Annotations.OfType<ResourceLauncher>().FirstOrDefault();
        List<ManagedProcess> started = [];
        lock (gate)
            processes[resource] = started;
        try
        {
            foreach (var dependency in DependenciesOf(resource))
            {
                await PublishAsync(resource, KnownResourceStates.Waiting);
                await notifications.WaitForResourceHealthyAsync(dependency.Name, stopping.Token);
            }
            await PublishAsync(resource, KnownResourceStates.Starting);
            for (var replica = 0; replica < launcher?.Replicas; replica++)
            {
                if (await launcher.StartAsync(context, stopping.Token) is { } process)
                    started.Add(process);
            }
            await PublishAsync(resource, KnownResourceStates.Running);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            logs.Write(resource.Name, $"did not start: {exception.Message}", error: true);
            await PublishAsync(resource, KnownResourceStates.FailedToStart, failure: $"it failed to start. {exception.Message}");
            return;
        }
        await WatchAsync(resource, launcher, started);
    }

    private async Task WatchAsync(IResource resource, ResourceLauncher? launcher, List<ManagedProcess> replicas)
    {
        // A resource lives as long as one of its replicas.
        Task exited = replicas.Count > 0
            ? Task.WhenAll(replicas.Select(process => process.Exited))
            : Task.Delay(Timeout.Infinite, stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        if (replicas.Count > 1)
            replicas.ForEach(process => _ = TellExitAsync(resource, process));
        var delay = firstCheckDelay;
        HealthStatus? status = null;
        while (!exited.IsCompleted && !stopping.IsCancellationRequested)
        {
            HealthStatus now;
            try
            {
                if (launcher is not null)
                    await launcher.CheckAsync(stopping.Token);
                now = HealthStatus.Healthy;
                delay = healthyCheckDelay;
            }
            catch (Exception)
            {
                // A resource that isn't there yet refuses in many ways: none of them is news, its state is.
                now = HealthStatus.Unhealthy;
                delay = delay == healthyCheckDelay ? longestCheckDelay : delay;
            }
            if (now != status && !exited.IsCompleted)
                await notifications.PublishUpdateAsync(resource, snapshot => snapshot with { HealthStatus = now });
            status = now;
            await Task.WhenAny(exited, Task.Delay(delay, stopping.Token));
            if (status != HealthStatus.Healthy)
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 3 / 2, longestCheckDelay.Ticks));
        }
        if (replicas.Count == 0 || stopping.IsCancellationRequested)
            return;
        var code = await replicas[^1].Exited;
        var news = string.Create(CultureInfo.InvariantCulture, $"'{resource.Name}' exited with code {code}");
        var tail = logs.Tail(resource.Name);
        logs.Write(resource.Name, news, error: true);
        await PublishAsync(resource, KnownResourceStates.Finished, code, $"{news}. Its last words:{Environment.NewLine}{tail}");
    }

    private async Task TellExitAsync(IResource resource, ManagedProcess process)
    {
        var code = await process.Exited;
        if (!stopping.IsCancellationRequested)
            logs.Write(resource.Name, string.Create(CultureInfo.InvariantCulture, $"a replica of '{resource.Name}' (process {process.Id}) exited with code {code}"), error: true);
    }

    private async Task StopAllAsync()
    {
        await stopping.CancelAsync();
        await running;
        if (run is null)
            return;
        await Task.WhenAll(resources.Select(Stop));
        await run.DisposeAsync();
    }

    private Task Stop(IResource resource)
    {
        lock (gate)
            return stops.TryGetValue(resource, out var known) ? known : stops[resource] = StopCore();

        async Task StopCore()
        {
            await Task.WhenAll(resources.Where(other => DependenciesOf(other).Contains(resource)).Select(Stop));
            if (processes.TryGetValue(resource, out var started))
                await Task.WhenAll(started.Select(process => process.StopAsync()));
            resource.Annotations.OfType<ResourceLauncher>().FirstOrDefault()?.Stopped();
        }
    }

    private void AllocateEndpoints()
    {
        foreach (var resource in resources)
        {
            foreach (var endpoint in resource.Endpoints())
            {
                var wanted = options.Testing ? null : endpoint.TargetPort ?? endpoint.Port;
                if (wanted is null or 0)
                    endpoint.Allocate(Ports.Free());
                else if (Ports.TryTake(wanted.Value))
                    endpoint.Allocate(wanted.Value);
                else if (!endpoint.IsExternal)
                    endpoint.Allocate(Ports.Free());
                else
                    throw new DistributedApplicationException($"The port {wanted} of '{resource.Name}' is taken: end the program that listens there, or choose another port.");
            }
        }
    }

    private void RefuseCircles()
    {
        var done = new HashSet<IResource>();
        foreach (var resource in resources)
            Visit(resource, []);

        void Visit(IResource resource, HashSet<IResource> path)
        {
            if (!path.Add(resource))
                throw new DistributedApplicationException($"'{resource.Name}' waits for itself, by way of {string.Join(", ", path.Select(r => r.Name))}.");
            if (done.Add(resource))
            {
                foreach (var dependency in DependenciesOf(resource))
                    Visit(dependency, path);
            }
            path.Remove(resource);
        }
    }

    private static List<IResource> DependenciesOf(IResource resource) =>
    [
        .. resource.Annotations.OfType<ResourceLauncher>().SelectMany(launcher => launcher.Dependencies),
        .. resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Dependency),
    ];

    private Task PublishAsync(IResource resource, string state, int? exitCode = null, string? failure = null) =>
        notifications.PublishUpdateAsync(resource, snapshot => snapshot with { State = state, ExitCode = exitCode, Failure = failure, HealthStatus = null });
}
