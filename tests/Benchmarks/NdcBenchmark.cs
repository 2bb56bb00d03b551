using System.ComponentModel;
using Platform.Benchmarks.Packages;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Services;

namespace Platform.Benchmarks;

/// <summary><c>./platform bench ndc [--full | --smoke] [--output FOLDER]</c></summary>
internal static class NdcBenchmark
{
    private const string Name = "ndc";

    // As of RunBenchmark; the connector's container is another user, too.
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static async Task<int> RunAsync(IReadOnlyList<string> options)
    {
        if (await BenchOptions.ParseAsync(Name, options) is not { } given)
            return 2;
        var plan = PackagePlan.Of(given.Plan);
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            File.SetUnixFileMode(folder.FullName, Passable);
            var results = new Results();
            var machine = Machine.Describe(plan, [("docker", new DockerExec(null).Run("--version").Output.Trim())]);
            await PackageTimes.RunAsync(plan, folder.FullName, results);
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
