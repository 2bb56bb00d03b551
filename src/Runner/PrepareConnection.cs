using Platform.Registry.V1;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner;

/// <summary>What Registry knows of a connection that something is to be done with at once, beside its runs.</summary>
internal sealed class PrepareConnection(RegistryClient registry)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <param name="purpose">Id of the invocation or check; for the audit trail.</param>
    /// <exception cref="Grpc.Core.RpcException">With the problem: 404 <c>unknown_connection</c>, 409 <c>connector_not_installed</c>; else Registry is away.</exception>
    public async Task<RunSpecification> RunAsync(string connection, Guid purpose, CancellationToken cancel) => await registry.PrepareRunAsync(
        new() { ConnectionName = connection, RunId = purpose.ToString() }, deadline: DateTime.UtcNow + Limit, cancellationToken: cancel);
}
