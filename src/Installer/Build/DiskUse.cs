namespace Platform.Installer.Build;

/// <summary>What folders take on the disk, while somebody hostile may be writing them: links are never followed, what vanishes is nothing.</summary>
internal static class DiskUse
{
    // Names take room as well: a million empty files are not nothing, and with this they are bounded too.
    private const long BytesPerEntry = 4096;

    /// <summary>Counts no further than it must.</summary>
    public static bool Exceeds(IEnumerable<string> roots, long bytes)
    {
        var taken = 0L;
        var folders = new Stack<string>(roots);
        while (folders.TryPop(out var folder))
        {
            foreach (var path in Entries(folder))
            {
                if (Look(path) is not { } entry) continue;
                if ((taken += BytesPerEntry + entry.AllocatedBytes) > bytes) return true;
                if (entry.Kind == Posix.Kind.Folder) folders.Push(path);
            }
        }
        return false;
    }

    private static IEnumerable<string> Entries(string folder)
    {
        using var entries = Enumerate(folder);
        while (Next(entries) is { } path) yield return path;
    }

    private static IEnumerator<string>? Enumerate(string folder)
    {
        try { return Directory.EnumerateFileSystemEntries(folder).GetEnumerator(); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    private static string? Next(IEnumerator<string>? entries)
    {
        try { return entries?.MoveNext() == true ? entries.Current : null; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    private static Posix.Entry? Look(string path)
    {
        try { return Posix.Look(path); }
        catch (IOException) { return null; }
    }
}
