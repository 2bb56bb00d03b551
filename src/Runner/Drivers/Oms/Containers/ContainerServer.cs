using System.Net;
using Platform.Oms;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Containers;

/// <summary>A service in a container of its image.</summary>
internal sealed class ContainerServer : OmsServer
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(1);
    private readonly OmsServerWish wish;
    private readonly Container container;
    private readonly ServiceOutput output;
    private readonly TimeSpan grace;
    private volatile bool isSpoilt;
    private Task? end;

    private ContainerServer(OmsServerWish wish, Container container, ServiceOutput output, TimeSpan grace) =>
        (this.wish, this.container, this.output, this.grace) = (wish, container, output, grace);

    public override string Isolation => "docker";

    // The bridge's own address: what listens there is reached from the containers, and not from outside.
    public override IPAddress? CallbackAddress => container.Gateway;

    public override bool HasEnded => isSpoilt || container.Exited.IsCompleted || end is not null;

    /// <exception cref="RunFaultException">It did not start, with the end of what it wrote.</exception>
    /// <exception cref="ProblemException">The engine can't be reached.</exception>
    public static async Task<OmsServer> StartAsync(ContainerEngine engine, OmsServerWish wish, TimeSpan grace, CancellationToken cancel)
    {
        var output = new ServiceOutput();
        using var following = output.Follow(wish.Launch.Output);
        await engine.CheckAsync(cancel);
        var ports = ServicePorts.Of(wish.Service);
        var container = await Container.StartAsync(
            engine, ServiceContainer.Of(wish, ports), wish.Runtime.ImageName, output.AddPrinted, output.Add, cancel);
        try
        {
            if (!container.IsPublishing(ports))
                await Task.WhenAny(container.Exited, Task.Delay(ExitLimit, cancel));
            return await Readiness.WaitAsync(wish.Service.Health, ports, container.AddressOf, container.Exited, wish.Launch.Limits.Start, cancel)
                ? new ContainerServer(wish, container, output, grace)
                : throw await ExitedAsync(container, wish);
        }
        catch (Exception e)
        {
            await container.EndAsync();
            if (e is RunFaultException { Fault.Detail: null } fault)
                throw new RunFaultException(fault.Fault with { Detail = wish.Launch.Output.LastWords });
            throw;
        }
    }

    public override Uri AddressOf(int port) => container.AddressOf(port);

    public override IDisposable? Follow(ConnectorOutput output) => this.output.Follow(output);

    public override async Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel)
    {
        try
        {
            return await container.ExecuteAsync(argv, maxBytes, cancel);
        }
        catch (StillRunningException e)
        {
            // What goes on in it must not meet what comes: once the other calls have ended, so does the container.
            isSpoilt = true;
            throw e.InnerException!;
        }
        catch (RunFaultException e) when (e.Fault.Code == ContainerFaults.RefusedCode)
        {
            // The engine refuses first, and then says that the container has ended.
            if (await Task.WhenAny(container.Exited, Task.Delay(ExitLimit, cancel)) == container.Exited)
                throw await ExitedAsync(container, wish);
            throw;
        }
        catch (ProblemException e)
        {
            throw Faults.PreparationFailed(e.Problem);
        }
    }

    public override Task EndAsync(CancellationToken hurry) => end ??= StopAsync(hurry);

    private async Task StopAsync(CancellationToken hurry)
    {
        // What is only kept alive has nothing to be told.
        if (!container.Exited.IsCompleted)
        {
            if (wish.Service.Lifecycle.Shutdown is { } shutdown)
                await ServerEnd.ShutDownAsync(this, shutdown, wish.Service.Lifecycle.ShutdownSeconds, hurry);
            if (wish.Service.Lifecycle.Startup is not null)
                await container.StopAsync(grace, hurry);
        }

        await container.EndAsync();
    }

    private static async Task<RunFaultException> ExitedAsync(Container container, OmsServerWish wish)
    {
        await container.DrainAsync();
        return OmsServerFaults.Exited(await container.Exited, wish.Launch.Output.LastWords, await container.RanOutOfMemoryAsync());
    }
}
