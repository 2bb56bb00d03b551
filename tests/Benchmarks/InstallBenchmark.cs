using System.ComponentModel;
using Platform.Benchmarks.Installs;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks;

/// <summary><c>./platform bench install [--full | --smoke] [--output FOLDER]</c></summary>
internal static class InstallBenchmark
{
    private const string Name = "install";

    public static async Task<int> RunAsync(IReadOnlyList<string> options)
    {
        if (await BenchOptions.ParseAsync(Name, options) is not { } given)
            return 2;
        var plan = InstallPlan.Of(given.Plan);
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            var results = new Results();
            var machine = Machine.Describe(plan);
            await InstallTimes.RunAsync(plan, folder.FullName, results);
            await CheckTimes.RunAsync(plan, folder.FullName, results);
            ResultTable.Write(results, Console.Out);
            ResultFile.Write(results, machine, Path.Combine(given.Output, Name + ".json"));
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException or Win32Exception or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"error bench_failed: {e.Message}");
            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
