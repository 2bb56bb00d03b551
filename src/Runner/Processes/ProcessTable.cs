using System.Globalization;
using System.Text;

namespace Platform.Runner.Processes;

/// <summary>What /proc tells. A process that ends while it is being looked at simply isn't there.</summary>
internal static partial class ProcessTable
{
    /// <summary>Ids of the processes that were started with this environment variable, however far they have forked away.</summary>
    public static IReadOnlyList<int> WithVariable(string name, string value) => WithPrefix(name, value + "\0");

    /// <summary>The same for a value that begins so.</summary>
    public static IReadOnlyList<int> WithPrefix(string name, string prefix)
    {
        var wanted = Encoding.UTF8.GetBytes($"{name}={prefix}");
        return [.. Ids().Where(pid => pid != Environment.ProcessId && Read(pid, "environ") is { } bytes && bytes.AsSpan().IndexOf(wanted) >= 0)];
    }

    /// <summary>A resource limit as /proc names it; the largest number when there is none, or no such process.</summary>
    public static long HardLimit(int pid, string name)
    {
        var line = Read(pid, "limits") is { } bytes ? Encoding.ASCII.GetString(bytes).Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) : null;
        return line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var hard, ..] && long.TryParse(hard, CultureInfo.InvariantCulture, out var value)
            ? value
            : long.MaxValue;
    }

    /// <summary>Threads of a process.</summary>
    public static int Threads(int pid) => Stat(pid) is { Length: > 17 } fields ? int.Parse(fields[17], CultureInfo.InvariantCulture) : 0;

    /// <summary>Resident bytes of a process.</summary>
    public static long ResidentBytes(int pid) =>
        Read(pid, "statm") is { } bytes && Encoding.ASCII.GetString(bytes).Split(' ') is [_, var pages, ..]
            ? long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize
            : 0;

    public static bool Exists(int pid) => Directory.Exists($"/proc/{pid}");

    /// <summary>True when the path of one of the process's cgroups has this in it, such as the id of a container.</summary>
    public static bool IsInGroup(int pid, string name) => Read(pid, "cgroup") is { } bytes && bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name)) >= 0;

    public static IReadOnlyList<int> ChildrenOf(int pid) => [.. Ids().Where(child => Stat(child) is [_, var parent, ..] && parent == $"{pid}")];

    /// <summary>Ticks since boot at which the process started: with the id, its identity.</summary>
    public static string? StartTime(int pid) => Stat(pid) is { Length: > 19 } fields ? fields[19] : null;

    // The fields after the name, which is in brackets and may hold anything.
    private static string[]? Stat(int pid) =>
        Read(pid, "stat") is { } bytes && Encoding.UTF8.GetString(bytes) is var text && text.LastIndexOf(')') is var end && end > 0
            ? text[(end + 2)..].Split(' ')
            : null;

    private static IEnumerable<int> Ids() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => char.IsAsciiDigit(n![0]))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture));

    private static byte[]? Read(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
