using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Runner.Drivers.Oms.Containers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>Brings up a server of the kind that the version's runtime names.</summary>
internal sealed class ServerStart(ContainerEngine engine, Sandbox sandbox, IOptions<ServerSettings> settings)
{
    /// <exception cref="RunFaultException">It did not start; <c>container_engine_unavailable</c>.</exception>
    public async Task<OmsServer> StartAsync(OmsServerWish wish, CancellationToken cancel)
    {
        using var activity = PlatformActivity.Source.StartActivity("service start");
        activity?.SetTag("platform.connector", wish.Launch.Connector);
        var grace = TimeSpan.FromSeconds(settings.Value.GraceSeconds);
        try
        {
            return wish.Runtime.Kind switch
            {
                ServiceKinds.Image => await ContainerServer.StartAsync(engine, wish, grace, cancel),
                ServiceKinds.Process => await LocalServer.StartAsync(sandbox, wish, grace, cancel),
                ServiceKinds.Server => new RemoteServer(Uri.TryCreate(wish.Runtime.Address, UriKind.Absolute, out var address) ? address : throw OmsServerFaults.NoAddress()),
                _ => throw OmsServerFaults.UnknownKind(wish.Runtime.Kind),
            };
        }
        catch (ProblemException e)
        {
            throw Faults.PreparationFailed(e.Problem);
        }
    }
}
