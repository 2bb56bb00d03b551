namespace Platform.Installer.Build;

/// <summary>What this service may read below a folder and a stranger on this machine may not.</summary>
internal static class PrivateFiles
{
    /// <summary>The topmost of them; links are left alone, since what they lead to is judged by itself.</summary>
    public static IEnumerable<(string Path, bool Folder)> Below(string root)
    {
        var folders = new Stack<string>([root]);
        while (folders.TryPop(out var folder))
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(folder))
            {
                if (Posix.Look(path) is not { Kind: not Posix.Kind.Link } entry) continue;
                const UnixFileMode enter = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
                var isFolder = entry.Kind == Posix.Kind.Folder;
                if (isFolder && (entry.Mode & enter) == enter) folders.Push(path);
                else if (isFolder || (entry.Mode & UnixFileMode.OtherRead) == 0) yield return (path, isFolder);
            }
        }
    }
}
