using System.ComponentModel;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Runs;

namespace Platform.Benchmarks;

/// <summary><c>./platform bench run [--full | --smoke] [--output FOLDER]</c></summary>
internal static class RunBenchmark
{
    private const string Name = "run";

    // The database server of a run as root has a user of its own, who has to get through to its data.
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static async Task<int> RunAsync(IReadOnlyList<string> options)
    {
        if (await BenchOptions.ParseAsync(Name, options) is not { } given)
            return 2;
        var plan = RunPlan.Of(given.Plan);
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            File.SetUnixFileMode(folder.FullName, Passable);
            var results = new Results();
            var machine = Machine.Describe(plan);
            await RunTimes.RunAsync(plan, folder.FullName, results);
            ResultTable.Write(results, Console.Out);
            ResultFile.Write(results, machine, Path.Combine(given.Output, Name + ".json"));
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException or HttpRequestException or Win32Exception or UnauthorizedAccessException)
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
