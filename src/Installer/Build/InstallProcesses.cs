using Platform.Runner.Processes;

namespace Platform.Installer.Build;

/// <summary>
/// All processes of an install: in its cgroup where there is one, and else found by a mark in their environment, so that those
/// that left their process group are found as well.
/// </summary>
internal static class InstallProcesses
{
    public const string Mark = "PLATFORM_INSTALL";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static string GroupName(Guid install) => $"platform-install-{install}";

    /// <summary>Ends what is left, be it in the group or marked, and waits until it is gone.</summary>
    public static async Task EndAsync(Guid install, int? group = null)
    {
        while (true)
        {
            if (group is { } leader) Posix.KillGroup(leader);
            var left = Find(install);
            if (left.Count == 0) return;
            left.ForEach(Posix.KillProcess);
            await Task.Delay(Pause);
        }
    }

    /// <summary>Kills all that is in a cgroup, in which nothing can be started any more.</summary>
    public static void EndGroup(ControlGroup group)
    {
        foreach (var limit in group.ProcsFiles.Select(file => Path.Combine(Path.GetDirectoryName(file)!, "pids.max")).Where(File.Exists))
        {
            try { File.WriteAllText(limit, "0"); }
            catch (IOException) { /* It is killed all the same. */ }
        }
        foreach (var file in group.ProcsFiles) ControlGroup.RemoveFolder(Path.GetDirectoryName(file)!);
    }

    /// <summary>What an Installer that was killed left of this install.</summary>
    public static async Task EndLeftOversAsync(Guid install)
    {
        const int patience = 250;
        await EndAsync(install);
        for (var i = 0; i < patience && ControlGroup.Existing(GroupName(install)).Select(ControlGroup.RemoveFolder).ToList().Contains(false); i++)
            await Task.Delay(Pause);
    }

    /// <summary>How many there are, and their resident bytes together.</summary>
    public static (int Processes, long ResidentBytes) Use(Guid install)
    {
        var found = Find(install);
        return (found.Count, found.Sum(id =>
            // Second field of /proc/<pid>/statm: resident pages.
            Read($"/proc/{id}/statm")?.Split(' ') is [_, var pages, ..] ? long.Parse(pages) * Environment.SystemPageSize : 0));
    }

    private static List<int> Find(Guid install)
    {
        var mark = $"{Mark}={install}";
        return [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            // A zombie has no environment any more and isn't found.
            .Where(id => id != 0 && Read($"/proc/{id}/environ")?.Split('\0').Contains(mark) == true)];
    }

    /// <summary>Null when the process ended meanwhile, or is another user's.</summary>
    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
