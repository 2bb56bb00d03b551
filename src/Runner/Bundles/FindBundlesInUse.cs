using Platform.Runner.Invocations;
using Platform.Runner.Runs;
using Platform.Runner.V1;

namespace Platform.Runner.Bundles;

/// <summary>Which bundles must not go: those of runs and invocations that have not ended, on whichever replica, and what this replica has started from besides.</summary>
internal sealed class FindBundlesInUse(RunStore runs, InvocationStore invocations, BundleCache bundles)
{
    private const int MaxDigests = 1000;

    public async Task<BundlesInUseReply> RunAsync(BundlesInUseRequest request, CancellationToken cancel)
    {
        if (request.Digests.Count > MaxDigests)
            throw Errors.TooManyDigests(request.Digests.Count, MaxDigests);
        string[] digests = [.. request.Digests];
        HashSet<string> inUse = [.. await runs.DigestsInUseAsync(digests, cancel), .. await invocations.DigestsInUseAsync(digests, cancel)];
        return new() { Digests = { request.Digests.Where(digest => inUse.Contains(digest) || bundles.IsInUse(digest)).Distinct() } };
    }
}
