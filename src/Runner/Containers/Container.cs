using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>A container that runs, from its start to its removal.</summary>
internal sealed class Container
{
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(5);
    private readonly ContainerEngine engine;
    private readonly Task log;
    private readonly IReadOnlyDictionary<int, int> ports;
    private readonly Lazy<Task> removed;

    private Container(
        ContainerEngine engine, string id, IReadOnlyDictionary<int, int> ports, IPAddress? gateway, Action<string, bool> onOutput, Action<string, bool> onError)
    {
        (this.engine, Id, this.ports, Gateway) = (engine, id, ports, gateway);
        log = ContainerLog.FollowAsync(engine, id, onOutput, onError);
        Exited = WaitAsync();
        removed = new(RemoveAsync);
    }

    public string Id { get; }

    /// <summary>This machine's address in the container's network; null: it is in none.</summary>
    public IPAddress? Gateway { get; }

    /// <summary>The exit code, once its own process has ended, or -1 when the engine is gone; never fails.</summary>
    public Task<long> Exited { get; }

    /// <param name="imageName">What the image was called; for messages.</param>
    /// <param name="onOutput">Each line of its standard output and whether it was cut.</param>
    /// <exception cref="RunFaultException"><c>image_missing</c>, or the engine could not start it.</exception>
    /// <exception cref="ProblemException">The engine can't be reached.</exception>
    public static async Task<Container> StartAsync(
        ContainerEngine engine, ContainerStart start, string? imageName, Action<string, bool> onOutput, Action<string, bool> onError, CancellationToken cancel)
    {
        var image = await FindAsync(engine, start.Image, imageName, cancel);
        await engine.EnsureNetworkAsync(cancel);
        using var keepAlive = start.IsKeptAlive ? KeepAlive.Archive(image.Architecture) : null;
        string? id = null;
        try
        {
            id = (await engine.AskAsync(c => c.Containers.CreateContainerAsync(start.ToParameters(keepAlive is null ? null : KeepAlive.Path), cancel))).ID;
            if (keepAlive is not null)
                await engine.AskAsync(c => c.Containers.ExtractArchiveToContainerAsync(id, new() { Path = "/" }, keepAlive, cancel));
            await engine.AskAsync(c => c.Containers.StartContainerAsync(id, new(), cancel));
            var started = await engine.AskAsync(c => c.Containers.InspectContainerAsync(id, cancel));
            return new(engine, id, PortsOf(started), GatewayOf(started), onOutput, onError);
        }
        catch (Exception e)
        {
            if (id is not null)
                await RemoveAsync(engine, id);
            if (e is DockerApiException refusal)
                throw ContainerFaults.NotCreated(refusal);
            throw;
        }
    }

    /// <summary>False when one of the ports that were to be published is not: it had ended before they could be asked for.</summary>
    public bool IsPublishing(IEnumerable<int> wanted) => wanted.All(ports.ContainsKey);

    /// <summary>Where a published port is reached.</summary>
    public Uri AddressOf(int port) =>
        ports.TryGetValue(port, out var here) ? new($"http://127.0.0.1:{here}") : throw ContainerFaults.NoPort(port);

    /// <summary>Waits until all that it wrote before it ended has come.</summary>
    public Task DrainAsync() => Task.WhenAny(log, Task.Delay(LogLimit));

    /// <exception cref="RunFaultException">It could not be run, or wrote more than <paramref name="maxBytes"/> to standard output.</exception>
    /// <exception cref="StillRunningException">It was cancelled, or wrote too much, and could not be ended alone.</exception>
    public Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel) =>
        ContainerCommand.RunAsync(engine, Id, argv, maxBytes, cancel);

    /// <summary>Sends its first process a signal.</summary>
    /// <param name="signal">Such as <c>SIGTERM</c>.</param>
    /// <exception cref="DockerApiException">It has ended.</exception>
    /// <exception cref="ProblemException">The engine can't be reached.</exception>
    public Task SignalAsync(string signal, CancellationToken cancel) =>
        engine.AskAsync(c => c.Containers.KillContainerAsync(Id, new() { Signal = signal }, cancel));

    /// <summary>SIGTERM, the grace, then SIGKILL.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken hurry)
    {
        try
        {
            await SignalAsync("SIGTERM", hurry);
            await Task.WhenAny(Exited, Task.Delay(grace, hurry));
        }
        catch (Exception e) when (e is DockerApiException or ProblemException or OperationCanceledException)
        {
            // It has ended already, or there is no time for it.
        }
    }

    /// <summary>True when the kernel ended it for its memory.</summary>
    public async Task<bool> RanOutOfMemoryAsync()
    {
        try
        {
            return (await engine.AskAsync(c => c.Containers.InspectContainerAsync(Id))).State!.OOMKilled;
        }
        catch (Exception e) when (e is DockerApiException or ProblemException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends and removes it with its anonymous volumes. Never fails: what is left is removed by the next Runner.</summary>
    public Task EndAsync() => removed.Value;

    private static async Task<ImageInspectResponse> FindAsync(ContainerEngine engine, string image, string? name, CancellationToken cancel)
    {
        try
        {
            return await engine.AskAsync(client => client.Images.InspectImageAsync(image, cancel));
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            throw ContainerFaults.ImageMissing(image, name, engine.Address);
        }
    }

    private static IPAddress? GatewayOf(ContainerInspectResponse container) =>
        container.NetworkSettings?.Networks?.Values.Select(n => IPAddress.TryParse(n.Gateway, out var address) ? address : null).FirstOrDefault(a => a is not null);

    private static Dictionary<int, int> PortsOf(ContainerInspectResponse container) => (container.NetworkSettings?.Ports ?? new Dictionary<string, IList<PortBinding>>())
        .Where(p => p.Value is { Count: > 0 })
        .ToDictionary(
            p => int.Parse(p.Key.AsSpan(0, p.Key.IndexOf('/')), CultureInfo.InvariantCulture),
            p => int.Parse(p.Value[0].HostPort, CultureInfo.InvariantCulture));

    private async Task<long> WaitAsync()
    {
        try
        {
            return (await engine.AskAsync(c => c.Containers.WaitContainerAsync(Id, CancellationToken.None))).StatusCode;
        }
        catch (Exception e) when (e is DockerApiException or ProblemException or HttpRequestException or OperationCanceledException)
        {
            return -1;
        }
    }

    private async Task RemoveAsync()
    {
        await RemoveAsync(engine, Id);
        await DrainAsync();
    }

    private static async Task RemoveAsync(ContainerEngine engine, string id)
    {
        try
        {
            await engine.AskAsync(c => c.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true }));
        }
        catch (Exception e) when (e is DockerApiException or ProblemException or OperationCanceledException)
        {
            // Gone, or for the next look for dead ones.
        }
    }
}

/// <summary>A command that was to be ended goes on in its container, which can't be used any more.</summary>
internal sealed class StillRunningException(Exception cause) : Exception(cause.Message, cause);
