using System.Formats.Tar;

namespace Platform.Installer.Services;

/// <summary>What a build sees: the source's files but for the ignored ones, as a tar without times and owners, so that unchanged files find the engine's cache.</summary>
internal static class BuildContext
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <returns>How many files and folders it has.</returns>
    public static Task<int> WriteAsync(string source, string path, InstallOptions limits, CancellationToken ct) => Task.Run(() =>
    {
        var ignored = DockerIgnore.Read(ReadText(source, DockerIgnore.FileName) ?? "");
        using var output = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        using var tar = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true);
        var count = 0;
        foreach (var item in Tree.Walk(source, limits).OrderBy(item => item.Path, StringComparer.Ordinal))
        {
            ct.ThrowIfCancellationRequested();
            if (ignored.Ignores(item.Path)) continue;
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

    /// <returns>Null when there is no such file at the root; one that is a link or a folder is none.</returns>
    public static string? ReadText(string source, string name)
    {
        var path = Path.Combine(source, name);
        return Posix.Look(path) is { Kind: Posix.Kind.File } ? File.ReadAllText(path) : null;
    }
}
