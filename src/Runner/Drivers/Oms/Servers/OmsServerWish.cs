using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>The server of a described service.</summary>
/// <param name="Options">The members are the service's variables, by their declared names.</param>
internal sealed record OmsServerWish(ConnectorLaunch Launch, string Options, OmsService Service, ServiceRuntime Runtime) : ServerWish<OmsServer>(Launch, Options)
{
    public override IReadOnlyCollection<int> OwnPorts { get; } =
        Runtime.Kind == ServiceKinds.Process && Service.Lifecycle.Startup is not null ? ServicePorts.Of(Service) : [];
}
