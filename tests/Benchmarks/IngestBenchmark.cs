using Platform.Benchmarks.Loads;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks;

/// <summary><c>./platform bench ingest [--full | --smoke] [--output FOLDER]</c></summary>
internal static class IngestBenchmark
{
    public static Task<int> RunAsync(IReadOnlyList<string> options) => DatabaseBenchmark.RunAsync("ingest", options, LoadPlan.Of, MeasureAsync);

    private static async Task MeasureAsync(LoadPlan plan, PostgresServer server, Results results)
    {
        await LoadRates.EmptyAsync(plan, server, results);
        if (plan.Held > 0)
            await LoadRates.HeldAsync(plan, server, results);
        if (plan.Long > 0)
            await LongLoad.RunAsync(plan.Long, server, results);
    }
}
