using System.Formats.Tar;

namespace Platform.Runner.Bundles;

/// <summary>Unpacks a bundle's tar. Its digest is known only at the end, so nothing in it is trusted on the way.</summary>
internal static class BundleArchive
{
    private const UnixFileMode Folder =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode PlainFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <exception cref="InvalidDataException">An entry that does not belong in a bundle.</exception>
    public static async Task UnpackAsync(Stream archive, string root, CancellationToken cancel)
    {
        List<(string Path, string Target)> links = [];
        try
        {
            await using var reader = new TarReader(archive, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancel) is { } entry)
            {
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                    continue;
                var path = Resolve(root, entry.Name);
                switch (entry.EntryType)
                {
                    case TarEntryType.Directory:
                        Directory.CreateDirectory(path, Folder);
                        break;
                    case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                        await WriteAsync(entry, path, cancel);
                        break;
                    case TarEntryType.SymbolicLink:
                        // Made last, so that no file is written through one.
                        links.Add((path, entry.LinkName));
                        break;
                    default:
                        throw new InvalidDataException($"the bundle holds {entry.Name}, which is neither file, folder nor link");
                }
            }
        }
        catch (Exception e) when (e is FormatException or EndOfStreamException or ArgumentException)
        {
            throw new InvalidDataException($"the bundle is not a readable archive: {e.Message}");
        }

        foreach (var (path, target) in links)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, Folder);
            File.CreateSymbolicLink(path, target);
        }
    }

    private static async Task WriteAsync(TarEntry entry, string path, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, Folder);
        var executable = (entry.Mode & UnixFileMode.UserExecute) != 0;
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = executable ? Folder : PlainFile,
        });
        if (entry.DataStream is { } content)
            await content.CopyToAsync(file, cancel);
    }

    private static string Resolve(string root, string name)
    {
        var path = Path.GetFullPath(Path.Combine(root, name));
        return !Path.IsPathRooted(name) && (path == root || path.StartsWith(root + "/", StringComparison.Ordinal))
            ? path.TrimEnd('/')
            : throw new InvalidDataException($"the bundle holds {name}, which lies outside of it");
    }
}
