using Grpc.Core;
using Platform.Runner.V1;

namespace Platform.Registry.Versions;

/// <summary>Asks Runner which bundles belong to runs that have not ended.</summary>
internal sealed class BundleUse(Runner.V1.Runner.RunnerClient runner)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int MaxDigests = 1000;

    /// <exception cref="ServiceDefaults.ProblemException">503 <c>runner_unavailable</c>: it can't be known now.</exception>
    public async Task<HashSet<string>> FindAsync(IEnumerable<string> digests, CancellationToken cancel)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var some in digests.Distinct().Chunk(MaxDigests))
                used.UnionWith((await runner.BundlesInUseAsync(
                    new BundlesInUseRequest { Digests = { some } }, deadline: DateTime.UtcNow + Patience, cancellationToken: cancel)).Digests);
            return used;
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw Errors.RunnerUnavailable(e.StatusCode.ToString());
        }
    }
}
