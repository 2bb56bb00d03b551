using Platform.Runner.Runs;
using Platform.Runner.V1;

namespace Platform.Runner.Bundles;

/// <summary>Which bundles must not go: those of runs that have not ended, on whichever replica, and what this replica has started from besides.</summary>
internal sealed class FindBundlesInUse(RunStore runs, BundleCache bundles)
{
    private const int MaxDigests = 1000;

    public async Task<BundlesInUseReply> RunAsync(BundlesInUseRequest request, CancellationToken cancel)
    {
        if (request.Digests.Count > MaxDigests)
            throw Errors.TooManyDigests(request.Digests.Count, MaxDigests);
        var inUse = await runs.DigestsInUseAsync([.. request.Digests], cancel);
        return new() { Digests = { request.Digests.Where(digest => inUse.Contains(digest) || bundles.IsInUse(digest)).Distinct() } };
    }
}
