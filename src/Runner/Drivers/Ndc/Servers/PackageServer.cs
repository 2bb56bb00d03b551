using System.Security.Cryptography;
using Docker.DotNet;
using Microsoft.Win32.SafeHandles;
using Platform.Ndc;
using Platform.Runner.Bundles;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>A packaged connector in its container. What it says of itself, it is asked once: version and options of a server never change.</summary>
internal sealed class PackageServer : WarmServer
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(2);
    private static readonly HttpClient Http = NdcHttp.Client();
    private readonly Container container;
    private readonly ServiceOutput output;
    private readonly SafeFileHandle? bundle;
    private readonly TimeSpan grace;
    private readonly SemaphoreSlim asking = new(1);
    private NdcSchema? schema;
    private Task? end;

    private PackageServer(Container container, ServiceOutput output, SafeFileHandle? bundle, TimeSpan grace, NdcClient client, NdcCapabilities capabilities) =>
        (this.container, this.output, this.bundle, this.grace, Client, Capabilities) = (container, output, bundle, grace, client, capabilities);

    public override string Isolation => "docker";

    public override bool HasEnded => container.Exited.IsCompleted || end is not null;

    /// <summary>Ends with its container.</summary>
    public Task Exited => container.Exited;

    public NdcClient Client { get; }

    public NdcCapabilities Capabilities { get; }

    /// <exception cref="RunFaultException">It did not start, or was not ready in time, with the end of what it wrote.</exception>
    /// <exception cref="ProblemException">The engine can't be reached.</exception>
    public static async Task<PackageServer> StartAsync(
        ContainerEngine engine, PackageTelemetry telemetry, PackageWish wish, TimeSpan grace, CancellationToken cancel)
    {
        // Its folder is mounted: it has to stay for as long as the container does.
        var bundle = Path.GetDirectoryName(wish.Launch.Bundle) is { } folder ? BundleUse.TryHold(folder) : null;
        var output = new ServiceOutput();
        using var following = output.Follow(wish.Launch.Output);
        Container? container = null;
        try
        {
            await engine.CheckAsync(cancel);
            var token = RandomNumberGenerator.GetHexString(48, lowercase: true);
            var start = PackageContainer.Of(wish, await PresetAsync(engine, wish.Runtime.Image, cancel), token, await telemetry.VariablesAsync(wish.Launch.Connector, cancel));
            container = await Container.StartAsync(engine, start, wish.Runtime.ImageName, output.AddPrinted, output.Add, cancel);
            if (!container.IsPublishing(start.Ports))
                await Task.WhenAny(container.Exited, Task.Delay(ExitLimit, cancel));
            var (client, capabilities) = await PackageReadiness.WaitAsync(Http, () => container.AddressOf(PackageContainer.Port), token, container.Exited, wish.Launch.Limits.Start, cancel)
                ?? throw await ExitedAsync(container, wish);
            return new(container, output, bundle, grace, client, capabilities);
        }
        catch (Exception e)
        {
            if (container is not null)
                await container.EndAsync();
            bundle?.Dispose();
            if (e is RunFaultException { Fault.Detail: null } fault)
                throw new RunFaultException(fault.Fault with { Detail = wish.Launch.Output.LastWords });
            throw;
        }
    }

    /// <summary>A client with other bounds.</summary>
    public NdcClient ClientWith(Func<NdcClientOptions, NdcClientOptions> change) => new(Http, Client.Address, change(Client.Options));

    /// <exception cref="NdcException">It does not say it as it should.</exception>
    public async Task<NdcSchema> SchemaAsync(CancellationToken cancel)
    {
        if (schema is { } known)
            return known;
        await asking.WaitAsync(cancel);
        try
        {
            return schema ??= await Client.SchemaAsync(cancel);
        }
        finally
        {
            asking.Release();
        }
    }

    /// <summary>Why a call has failed: it is gone. Null: it is not, or has nothing to do with it.</summary>
    public async Task<RunFaultException?> EndFaultAsync(NdcFault fault, ConnectorOutput words)
    {
        if (fault.Code is not (NdcFaults.AnswerCut or NdcFaults.Unreachable))
            return null;
        // A broken connection is noticed before the end of the process.
        await Task.WhenAny(container.Exited, Task.Delay(ExitLimit));
        if (!container.Exited.IsCompleted)
            return null;
        await container.DrainAsync();
        return NdcServerFaults.Exited(await container.Exited, words.LastWords, await container.RanOutOfMemoryAsync());
    }

    public override IDisposable? Follow(ConnectorOutput output) => this.output.Follow(output);

    public override Task EndAsync(CancellationToken hurry) => end ??= StopAsync(hurry);

    private async Task StopAsync(CancellationToken hurry)
    {
        if (!container.Exited.IsCompleted)
            await container.StopAsync(grace, hurry);
        await container.EndAsync();
        bundle?.Dispose();
    }

    private static async Task<IEnumerable<string>> PresetAsync(ContainerEngine engine, string image, CancellationToken cancel)
    {
        try
        {
            return (await engine.AskAsync(client => client.Images.InspectImageAsync(image, cancel))).Config?.Env ?? [];
        }
        catch (DockerApiException)
        {
            // Its start says that it is missing.
            return [];
        }
    }

    private static async Task<RunFaultException> ExitedAsync(Container container, PackageWish wish)
    {
        await container.DrainAsync();
        return NdcServerFaults.NotStarted(await container.Exited, wish.Launch.Output.LastWords, await container.RanOutOfMemoryAsync());
    }
}
