using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Drivers.Oms.Containers;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Servers;

/// <summary>Brings up a server of the kind that is wished for.</summary>
internal sealed class ServerStart(ContainerEngine engine, Sandbox sandbox, PackageTelemetry telemetry, IOptions<ServerSettings> settings)
{
    /// <exception cref="RunFaultException">It did not start; <c>container_engine_unavailable</c>.</exception>
    public async Task<WarmServer> StartAsync(ServerWish wish, CancellationToken cancel)
    {
        using var activity = PlatformActivity.Source.StartActivity("service start");
        activity?.SetTag("platform.connector", wish.Launch.Connector);
        var grace = TimeSpan.FromSeconds(settings.Value.GraceSeconds);
        try
        {
            return wish switch
            {
                OmsServerWish { Runtime.Kind: ServiceKinds.Image } service => await ContainerServer.StartAsync(engine, service, grace, cancel),
                OmsServerWish { Runtime.Kind: ServiceKinds.Process } service => await LocalServer.StartAsync(sandbox, service, grace, cancel),
                OmsServerWish { Runtime: { Kind: ServiceKinds.Server, Address: var address } } =>
                    new RemoteServer(Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : throw OmsServerFaults.NoAddress()),
                OmsServerWish service => throw OmsServerFaults.UnknownKind(service.Runtime.Kind),
                PackageWish package => await PackageServer.StartAsync(engine, telemetry, package, grace, cancel),
                _ => throw new ArgumentException($"There is no server for {wish.GetType().Name}.", nameof(wish)),
            };
        }
        catch (ProblemException e)
        {
            throw Faults.PreparationFailed(e.Problem);
        }
    }
}
