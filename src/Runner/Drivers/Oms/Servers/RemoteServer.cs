using Platform.Runner.Processes;

using System.Net;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>A server that somebody else runs.</summary>
internal sealed class RemoteServer(Uri address) : OmsServer
{
    public override string Isolation => "server";

    public override bool IsElsewhere => true;

    // Nothing of this machine's is open to others.
    public override IPAddress? CallbackAddress => address.IsLoopback ? IPAddress.Loopback : null;

    // Where one address serves all ports, as behind a proxy, it names its own.
    public override Uri AddressOf(int port) => address.IsDefaultPort && !address.OriginalString.TrimEnd('/').EndsWith($":{address.Port}", StringComparison.Ordinal)
        ? new UriBuilder(address) { Port = port }.Uri
        : address;

    public override Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel) =>
        throw OmsServerFaults.CannotExecute();
}
