using System.Diagnostics;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Installs;

/// <summary>A local folder without an install command, from the command to the bundle in the store, beside what a shell does with as many bytes.</summary>
internal static class InstallTimes
{
    private const string Ours = "ours", Again = "ours again (A/A)", Peer = "tar | sha256sum, then cp -r";
    private const double Limit = 1.5;

    public static async Task RunAsync(InstallPlan plan, string folder, Results results)
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "source")).FullName;
        plan.Installed.WriteTo(source);
        using var ours = InstallHost.Build(Path.Combine(folder, "ours"), source);
        using var again = InstallHost.Build(Path.Combine(folder, "again"), source);
        Progress.Say("installing");
        (string Name, Func<Task<TimeSpan>> Run)[] contestants = [(Ours, ours.InstallAsync), (Again, again.InstallAsync), (Peer, () => ShellAsync(folder, source))];
        var rounds = new Plan(plan.Name, TimeSpan.Zero, TimeSpan.Zero, plan.Rounds);
        var samples = await Rounds.RunAsync(rounds, contestants, contestant => contestant.Run(), contestant => contestant.Run());

        var measure = new Measure($"install, {plan.Installed}", "ms", Peer, [.. contestants.Zip(samples, (contestant, times) => new Series(contestant.Name, [.. times.Select(t => t.TotalMilliseconds)]))]);
        results.Measures.Add(measure);
        results.Goals.Add(new("install (× tar, sha256sum and cp)", measure.Ratio(Ours, Peer), Limit, AtLeast: false));
        Directory.Delete(source, recursive: true);
    }

    private static async Task<TimeSpan> ShellAsync(string folder, string source)
    {
        var copy = Path.Combine(folder, "copy");
        var begun = Stopwatch.GetTimestamp();
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", "tar c . | sha256sum; cp -r . \"$1\"", "sh", copy]) { WorkingDirectory = source, RedirectStandardOutput = true })!;
        await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        var took = Stopwatch.GetElapsedTime(begun);
        Directory.Delete(copy, recursive: true);
        return shell.ExitCode == 0 ? took : throw new InvalidOperationException("The shell's way did not succeed.");
    }
}
