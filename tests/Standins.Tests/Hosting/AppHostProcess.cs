using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Platform.Standins.Tests.Hosting;

/// <summary>tests/Samples/SampleAppHost as a process of its own, as a user starts it.</summary>
internal sealed class AppHostProcess : IDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();

    internal AppHostProcess(string volumes, bool persistent)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "SampleAppHost.dll"), "--Parameters:given=hush-hush",
            $"--Standins:DataDirectory={volumes}", $"--Sample:Persistent={persistent}",
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal string Output => string.Join('\n', output);

    /// <summary>All descendants: the servers, the projects and what those started.</summary>
    internal IReadOnlyList<int> Descendants
    {
        get
        {
            var parents = Processes().ToDictionary(p => p.Id, p => p.Parent);
            return [.. parents.Keys.Where(id => IsBelow(id))];

            bool IsBelow(int id) => parents.TryGetValue(id, out var parent) && (parent == process.Id || IsBelow(parent));
        }
    }

    internal string RunFolder => Descendants.Select(id => Read($"/proc/{id}/environ").Split('\0').FirstOrDefault(v => v.StartsWith("TMPDIR=/tmp/cp-", StringComparison.Ordinal)))
        .First(found => found is not null)!["TMPDIR=".Length..];

    internal Task WhenStartedAsync() => Until.TrueAsync(
        () => process.HasExited || output.Any(line => line.StartsWith("second", StringComparison.Ordinal) && line.Contains("Application started", StringComparison.Ordinal)),
        Until.Started, () => Output);

    internal async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    internal Task WhenGoneAsync(IReadOnlyList<int> ids, string folder) => Until.TrueAsync(
        () => process.HasExited && !ids.Any(IsAlive) && Directory.GetDirectories("/tmp", Path.GetFileName(folder) + "*").Length == 0,
        Until.Ended, () => $"alive: {string.Join(", ", ids.Where(IsAlive).Select(id => $"{id} {Read($"/proc/{id}/cmdline").Replace('\0', ' ')}"))}; folder there: {Directory.Exists(folder)}");

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
            output.Enqueue(line);
    }

    private static bool IsAlive(int id) => Processes().Any(p => p.Id == id);

    private static IEnumerable<(int Id, int Parent)> Processes()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
                continue;
            // "pid (name) state parent …"; a zombie only waits to be asked for its exit code.
            var fields = Read($"{folder}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 1 && fields[0] != "Z")
                yield return (id, int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }
}
