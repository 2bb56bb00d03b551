using System.ComponentModel;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks;

/// <summary>A benchmark of the whole platform, in a folder of its own: <c>./platform bench NAME [--full | --smoke] [--output FOLDER]</c></summary>
internal static class SystemBenchmark
{
    // The database server of a run as root has a user of its own, and so have containers; all of them have to get through to their files.
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="planOf">How much is measured.</param>
    /// <param name="measure">Gets the plan and the folder, and adds to the results.</param>
    /// <param name="more">As of <see cref="Machine"/>.</param>
    public static async Task<int> RunAsync<TPlan>(
        string name, IReadOnlyList<string> options, Func<Plan, TPlan> planOf, Func<TPlan, string, Results, Task> measure, params (string Key, string Value)[] more)
        where TPlan : notnull
    {
        if (await BenchOptions.ParseAsync(name, options) is not { } given)
            return 2;
        var plan = planOf(given.Plan);
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            File.SetUnixFileMode(folder.FullName, Passable);
            var results = new Results();
            var machine = Machine.Describe(plan, more);
            await measure(plan, folder.FullName, results);
            ResultTable.Write(results, Console.Out);
            ResultFile.Write(results, machine, Path.Combine(given.Output, name + ".json"));
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
