using Platform.Benchmarks.Syncs;

namespace Platform.Benchmarks;

/// <summary><c>./platform bench sync [--full | --smoke] [--output FOLDER]</c></summary>
internal static class SyncBenchmark
{
    public static Task<int> RunAsync(IReadOnlyList<string> options) => DatabaseBenchmark.RunAsync("sync", options, SyncPlan.Of, SyncRates.RunAsync);
}
