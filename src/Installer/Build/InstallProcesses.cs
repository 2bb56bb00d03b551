namespace Platform.Installer.Build;

/// <summary>All processes of an install, found by a mark in their environment, so that those that left their group are found as well.</summary>
internal static class InstallProcesses
{
    public const string Mark = "PLATFORM_INSTALL";

    /// <summary>Ends what is left, be it in the group or marked, and waits until it is gone.</summary>
    public static async Task EndAsync(Guid install, int? group = null)
    {
        while (true)
        {
            if (group is { } leader) Posix.KillGroup(leader);
            var left = Find(install);
            if (left.Count == 0) return;
            left.ForEach(Posix.KillProcess);
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    public static long ResidentBytes(Guid install) => Find(install).Sum(id =>
        // Second field of /proc/<pid>/statm: resident pages.
        Read($"/proc/{id}/statm")?.Split(' ') is [_, var pages, ..] ? long.Parse(pages) * Environment.SystemPageSize : 0);

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
