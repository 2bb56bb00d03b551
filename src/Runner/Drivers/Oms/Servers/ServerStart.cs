using Platform.Contracts;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>Brings up a server of the kind that the version's runtime names.</summary>
internal sealed class ServerStart
{
    /// <exception cref="RunFaultException">It did not start.</exception>
    public Task<OmsServer> StartAsync(OmsServerWish wish, CancellationToken cancel) => wish.Runtime.Kind switch
    {
        _ => throw OmsServerFaults.UnknownKind(wish.Runtime.Kind),
    };
}
