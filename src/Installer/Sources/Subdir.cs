using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>The folder of a repository or archive that a manifest wants as its root.</summary>
internal static class Subdir
{
    /// <returns>Null when there is none.</returns>
    public static string? Checked(string? subdir)
    {
        if (string.IsNullOrEmpty(subdir)) return null;
        if (subdir.StartsWith('/') || subdir.Contains('\0')) throw Errors.SubdirNotFound(subdir, "is not relative");
        if (subdir.Split('/').Any(part => part is ".." or ".git")) throw Errors.SubdirNotFound(subdir, "has '..' or '.git' in it");
        return subdir;
    }

    /// <summary>Makes the folder of what was fetched, or all of it, the target, which exists and is empty.</summary>
    public static void Take(string fetched, string? subdir, string target, InstallOptions limits, CancellationToken ct)
    {
        if (subdir is null)
        {
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(fetched, target);
            return;
        }
        var from = LocalPath.Real(Path.Combine(fetched, subdir)) ?? throw Errors.SubdirNotFound(subdir, "does not exist there");
        var root = LocalPath.Real(fetched)!;
        if (from != root && !from.StartsWith(root + "/", StringComparison.Ordinal)) throw Errors.SubdirNotFound(subdir, "is a link that leads out");
        if (!Directory.Exists(from)) throw Errors.SubdirNotFound(subdir, "is not a folder");
        // Copied, not moved: were the checks above ever wrong, a move would take a folder of the machine's away.
        Directory.CreateDirectory(target);
        Tree.Copy(from, target, limits, ct);
    }
}
