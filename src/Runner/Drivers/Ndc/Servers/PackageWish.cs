using Platform.Contracts;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>The container of a packaged connector.</summary>
/// <param name="Options">The members are its environment.</param>
internal sealed record PackageWish(ConnectorLaunch Launch, string Options, PackageRuntime Runtime) : ServerWish<PackageServer>(Launch, Options);
