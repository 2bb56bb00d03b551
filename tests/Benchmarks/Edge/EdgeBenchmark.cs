using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Edge;

/// <summary><c>./platform bench edge [--full | --smoke] [--output FOLDER]</c></summary>
internal static class EdgeBenchmark
{
    public static async Task RunAsync(EdgePlan plan, string folder, Results results)
    {
        Progress.Say($"the limits of a token are raised for this: {string.Join(' ', EdgePlan.Limits.Select(limit => $"{limit.Name}={limit.Value}"))}");
        await EdgeTimes.RunAsync(plan, folder, results);
        // A platform of its own, as the requests before would count in the memory that it has.
        await IdleStreams.RunAsync(plan, Directory.CreateDirectory(Path.Combine(folder, "streams")).FullName, results);
    }
}
