using System.Formats.Tar;
using System.Security.Cryptography;
using Platform.ServiceDefaults;

namespace Platform.Installer.Bundles;

/// <summary>Unpacks a bundle of the store for an update. Nothing of it is trusted before its digest was checked, and even then no path leaves the folder.</summary>
internal sealed class UnpackBundle(BundleStore store)
{
    private const int BufferBytes = 256 * 1024;

    /// <param name="target">An empty folder.</param>
    /// <exception cref="InstallFailedException">update_base_missing.</exception>
    public async Task RunAsync(string digest, string target, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("unpack");
        await using var file = store.Open(digest) ?? throw Errors.UpdateBaseMissing(digest, "is not in the store any more");
        if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)) != digest) throw Errors.UpdateBaseMissing(digest, "is damaged");
        file.Position = 0;
        await using var buffer = new BufferedStream(file, BufferBytes);
        try
        {
            await UnpackAsync(buffer, target, ct);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            throw Errors.UpdateBaseMissing(digest, $"can't be unpacked ({e.Message})");
        }
    }

    private static async Task UnpackAsync(Stream archive, string target, CancellationToken ct)
    {
        // Made last, so that no file is written through one.
        var links = new List<(string Path, string Target)>();
        await using var tar = new TarReader(archive, leaveOpen: true);
        while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
        {
            var path = Inside(target, entry.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            switch (entry.EntryType)
            {
                case TarEntryType.Directory: Directory.CreateDirectory(path); break;
                case TarEntryType.SymbolicLink: links.Add((path, entry.LinkName)); break;
                case TarEntryType.RegularFile:
                    await using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = entry.Mode }))
                        if (entry.DataStream is { } content) await content.CopyToAsync(file, ct);
                    break;
                default: throw new InvalidDataException($"{entry.Name} is neither file, folder nor link");
            }
        }
        foreach (var (path, to) in links) File.CreateSymbolicLink(path, to);
    }

    private static string Inside(string root, string name)
    {
        var path = Path.GetFullPath(Path.Combine(root, name)).TrimEnd('/');
        return path.StartsWith(root + "/", StringComparison.Ordinal) ? path : throw new InvalidDataException($"{name} lies outside of it");
    }
}
