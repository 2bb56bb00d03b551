using System.Formats.Tar;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images;

/// <summary>What a build sees: the source's files but for the ignored ones, as a tar without times and owners, so that unchanged files find the engine's cache.</summary>
internal static class BuildContext
{
    private const long MaxTextBytes = 1 << 20;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="dockerfile">Relative to the source; with it and what it ignores by it is in the context, whatever that says.</param>
    /// <returns>How many files and folders it has.</returns>
    public static Task<int> WriteAsync(string source, string dockerfile, string path, InstallOptions limits, CancellationToken ct) => Task.Run(() =>
    {
        var (place, text) = IgnoreFile(source, dockerfile);
        var ignored = DockerIgnore.Read(text, place ?? DockerIgnore.FileName);
        using var output = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        using var tar = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true);
        var count = 0;
        foreach (var item in Tree.Walk(source, limits).OrderBy(item => item.Path, StringComparer.Ordinal))
        {
            ct.ThrowIfCancellationRequested();
            if (ignored.Ignores(item.Path) && item.Path != dockerfile && item.Path != place) continue;
            var entry = item.Entry.Kind switch
            {
                Posix.Kind.Folder => new GnuTarEntry(TarEntryType.Directory, item.Path + "/") { Mode = Executable },
                Posix.Kind.Link => new GnuTarEntry(TarEntryType.SymbolicLink, item.Path) { Mode = Executable, LinkName = new FileInfo(item.FullPath).LinkTarget! },
                _ => new GnuTarEntry(TarEntryType.RegularFile, item.Path) { Mode = item.Entry.Executable ? Executable : Plain },
            };
            entry.ModificationTime = DateTimeOffset.UnixEpoch;
            using var content = item.Entry.Kind == Posix.Kind.File ? File.OpenRead(item.FullPath) : null;
            if (content is not null) entry.DataStream = content;
            tar.WriteEntry(entry);
            count++;
        }
        return count;
    }, ct);

    /// <returns>Null when there is no such file; one that is a link or a folder, or lies behind a link, is none.</returns>
    public static string? ReadText(string source, string name)
    {
        var path = Path.Combine(source, name);
        if (Posix.Look(path) is not { Kind: Posix.Kind.File } file || LocalPath.Real(path) != $"{LocalPath.Real(source)}/{name}") return null;
        return file.Size <= MaxTextBytes ? File.ReadAllText(path) : throw Errors.BadFile(name, $"has more than {MaxTextBytes} bytes");
    }

    // As docker build looks for it, and besides it beside a Dockerfile that is not at the root, where packages of connectors have it.
    private static (string? Place, string Text) IgnoreFile(string source, string dockerfile)
    {
        foreach (var place in (string[])[$"{dockerfile}{DockerIgnore.FileName}", Path.Combine(Path.GetDirectoryName(dockerfile)!, DockerIgnore.FileName), DockerIgnore.FileName])
            if (ReadText(source, place) is { } text) return (place, text);
        return (null, "");
    }
}
