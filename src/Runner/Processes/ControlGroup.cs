using System.Globalization;

namespace Platform.Runner.Processes;

/// <summary>What a cgroup binds, of all its processes together.</summary>
/// <param name="MemoryBytes">Resident.</param>
/// <param name="Processes">Processes and threads.</param>
/// <param name="CpuWeight">As in cgroups of version 2: 100 is the weight of any group.</param>
/// <param name="CpuPercent">Of one processor; 0: no limit.</param>
internal sealed record GroupLimits(long MemoryBytes, int Processes, int CpuWeight = 100, int CpuPercent = 0);

/// <summary>The cgroup of one run (version 1 or 2, whichever is writable): its limits, and the list of what still lives in it.</summary>
internal sealed class ControlGroup
{
    private const string Root = "/sys/fs/cgroup";
    // Microseconds, in which a group may use its quota.
    private const long CpuPeriod = 100_000;
    private readonly IReadOnlyList<string> folders;

    private ControlGroup(int version, IReadOnlyList<string> folders) => (Version, this.folders) = (version, folders);

    public int Version { get; }

    public IReadOnlyList<string> ProcsFiles => [.. folders.Select(f => f + "/cgroup.procs")];

    public static ControlGroup? TryCreate(string name, GroupLimits limits)
    {
        try
        {
            return Directory.Exists(Root + "/memory") ? CreateVersion1(name, limits) : CreateVersion2(name, limits);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True once the kernel has killed a process of the group for its memory.</summary>
    public bool RanOutOfMemory()
    {
        try
        {
            var file = folders[0] + (Version == 1 ? "/memory.oom_control" : "/memory.events");
            return File.ReadLines(file).Any(l => l.StartsWith("oom_kill ", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Ends everything in the group, however it was started, and removes the group.</summary>
    public async Task RemoveAsync()
    {
        for (var i = 0; i < 200 && !folders.Select(RemoveFolder).ToList().TrueForAll(removed => removed); i++)
            await Task.Delay(10);
    }

    /// <summary>Kills what lives in a group; true once the group is gone.</summary>
    public static bool RemoveFolder(string folder)
    {
        try
        {
            var living = File.ReadAllLines(folder + "/cgroup.procs");
            foreach (var pid in living)
                Signals.Kill(int.Parse(pid, CultureInfo.InvariantCulture));
            if (living.Length == 0)
                Directory.Delete(folder);
            return living.Length == 0;
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Busy: its last process is dead but not yet gone.
            return false;
        }
    }

    /// <summary>The groups that this Runner or another one made, by name.</summary>
    public static IReadOnlyList<string> Existing(string prefix) =>
        [.. ((string[])["memory", "pids", "cpu", ""]).SelectMany(Parents).Distinct().Where(Directory.Exists)
            .SelectMany(parent => Directory.EnumerateDirectories(parent, prefix + "*"))];

    private static ControlGroup? CreateVersion1(string name, GroupLimits limits)
    {
        List<string> folders = [];
        try
        {
            foreach (var (controller, file, value) in ((string, string, long)[])
                [("memory", "memory.limit_in_bytes", limits.MemoryBytes), ("pids", "pids.max", limits.Processes)])
            {
                if (Parents(controller).FirstOrDefault(Directory.Exists) is not { } parent)
                    continue;
                var folder = $"{parent}/{name}";
                Directory.CreateDirectory(folder);
                folders.Add(folder);
                File.WriteAllText($"{folder}/{file}", value.ToString(CultureInfo.InvariantCulture));
            }

            var cpu = $"{Parents("cpu").FirstOrDefault(Directory.Exists) ?? Root + "/cpu"}/{name}";
            if (TryLimitCpu(cpu, ("cpu.shares", $"{Math.Max(2, limits.CpuWeight * 1024L / 100)}"), ("cpu.cfs_quota_us", limits.CpuPercent == 0 ? null : $"{limits.CpuPercent * CpuPeriod / 100}")))
                folders.Add(cpu);
            return new(1, folders);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folders.ForEach(folder => RemoveFolder(folder));
            return null;
        }
    }

    // The processors' share is taken where it can be had; without it the rest still binds.
    private static bool TryLimitCpu(string folder, params (string File, string? Value)[] limits)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var (file, value) in limits.Where(limit => limit.Value is not null))
                File.WriteAllText($"{folder}/{file}", value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ControlGroup? CreateVersion2(string name, GroupLimits limits)
    {
        foreach (var folder in Parents("").Select(parent => $"{parent}/{name}"))
        {
            try
            {
                Directory.CreateDirectory(folder);
                File.WriteAllText(folder + "/memory.max", limits.MemoryBytes.ToString(CultureInfo.InvariantCulture));
                File.WriteAllText(folder + "/pids.max", limits.Processes.ToString(CultureInfo.InvariantCulture));
                TryLimitCpu(folder, ("cpu.weight", $"{limits.CpuWeight}"), ("cpu.max", limits.CpuPercent == 0 ? null : $"{limits.CpuPercent * CpuPeriod / 100} {CpuPeriod}"));
                return new(2, [folder]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not ours to make, or without the controllers.
                RemoveFolder(folder);
            }
        }

        return null;
    }

    // Below our own group, else (a container's view may lack it) below the root. In version 2 a group with processes
    // can't hand controllers to its children, so there it is the parent that serves.
    private static IEnumerable<string> Parents(string controller)
    {
        var mount = controller.Length > 0 ? $"{Root}/{controller}" : Root;
        var own = OwnPath(controller);
        return controller.Length > 0
            ? [(mount + own).TrimEnd('/'), mount]
            : [(mount + own).TrimEnd('/'), (mount + Path.GetDirectoryName(own)).TrimEnd('/')];
    }

    // Lines are hierarchy:controllers:path; version 2 has no controllers.
    private static string OwnPath(string controller) =>
        File.ReadLines("/proc/self/cgroup").Select(l => l.Split(':', 3))
            .FirstOrDefault(f => f.Length == 3 && f[1].Split(',').Contains(controller))?[2] ?? "/";
}
