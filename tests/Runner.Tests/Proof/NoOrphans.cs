using System.Text;
using Platform.Runner.Processes;

namespace Platform.Runner.Tests.Proof;

/// <summary>
/// Invariant I10: no process, socket, cgroup or temporary folder outlives its run or its Runner. Found by whatever gives one away: the folder
/// of the runs in an environment, an argument or an open file, or a word that the test gave its connector.
/// </summary>
/// <param name="temporary">The folder in which Runners make those of their runs.</param>
/// <param name="word">In an argument of what escapes; null: nothing does.</param>
internal sealed class NoOrphans(string temporary, string? word = null)
{
    // Of every Runner that was seen: the folder of one that is no more may be gone before its cgroups are.
    private readonly HashSet<string> runners = [];

    /// <summary>What there is, for people; empty once all is gone.</summary>
    public IReadOnlyList<string> Find() => [.. Processes(), .. Sockets(), .. Folders(), .. Groups()];

    /// <summary>What escaped, while its run goes on: so that a test knows that there is something to find.</summary>
    public bool HasEscaped => word is not null && Pids().Any(pid => Read(pid, "cmdline").Contains(word, StringComparison.Ordinal));

    public async Task CheckAsync(TimeSpan limit)
    {
        try
        {
            await Wait.ForAsync("no orphans", () => Find().Count == 0, limit);
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail($"Left after {limit.TotalSeconds} s: {string.Join("; ", Find())}");
        }
    }

    private IEnumerable<string> Processes() => Pids()
        .Where(pid => Read(pid, "environ").Contains(temporary + "/platform-runner-", StringComparison.Ordinal) && Read(pid, "environ").Contains(RunFolder.Marker, StringComparison.Ordinal)
            || (word is not null && Read(pid, "cmdline").Contains(word, StringComparison.Ordinal)))
        .Select(pid => $"process {pid} {Read(pid, "cmdline").Replace('\0', ' ')}");

    private IEnumerable<string> Sockets() =>
        File.ReadLines("/proc/net/unix").Where(line => line.Contains(temporary + "/", StringComparison.Ordinal)).Select(line => "socket " + line);

    // A Runner's own folder may stay while it lives; a run's may not.
    private IEnumerable<string> Folders() => Directory.EnumerateDirectories(temporary, "platform-runner-*")
        .SelectMany(runner => Directory.EnumerateFileSystemEntries(runner)).Select(run => "folder " + run);

    // A cgroup is named after its run's folder.
    private IEnumerable<string> Groups()
    {
        runners.UnionWith(Directory.EnumerateDirectories(temporary, "platform-runner-*").Select(Path.GetFileName).OfType<string>());
        return runners.SelectMany(ControlGroup.Existing).Select(group => "cgroup " + group);
    }

    private static IEnumerable<int> Pids() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).Where(pid => pid != Environment.ProcessId);

    private static string Read(int pid, string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
