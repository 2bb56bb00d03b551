using System.Formats.Tar;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;

namespace Platform.Installer.Bundles;

/// <param name="Digest">sha256 of the archive, 64 lower-case hex digits.</param>
internal sealed record Bundle(string Digest, long SizeBytes);

/// <summary>
/// Packs a folder into a normalised tar: sorted by name, no times, no owners, modes 0755 or 0644. The same files give the same bytes,
/// whoever packs them and when.
/// </summary>
internal sealed class PackBundle(BundleStore store, IOptions<InstallOptions> options)
{
    private const int BufferBytes = 256 * 1024;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public Task<Bundle> RunAsync(string source, string temporary, CancellationToken ct) => Task.Run(() =>
    {
        using var activity = PlatformActivity.Source.StartActivity("pack");
        var file = Path.Combine(temporary, "bundle.tar");
        Bundle bundle;
        using (var output = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            bundle = new Bundle(Pack(source, output, ct), output.Length);
            output.Flush(flushToDisk: true);
        }
        activity?.SetTag("digest", bundle.Digest);
        store.Keep(bundle, file);
        return bundle;
    }, ct);

    /// <summary>The digest that the folder's bundle would have; nothing is written.</summary>
    /// <exception cref="InstallFailedException">It could not be packed.</exception>
    public Task<string> DigestAsync(string folder, CancellationToken ct) => Task.Run(() => Pack(folder, Stream.Null, ct), ct);

    /// <returns>The digest.</returns>
    private string Pack(string folder, Stream output, CancellationToken ct)
    {
        var root = LocalPath.Real(folder)!;
        var items = Tree.Walk(root, options.Value).ToList();
        items.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        var links = CheckedLinks(root, items);
        using var sha = SHA256.Create();
        using (var hashing = new CryptoStream(output, sha, CryptoStreamMode.Write, leaveOpen: true))
        using (var buffer = new BufferedStream(hashing, BufferBytes))
        using (var tar = new TarWriter(buffer, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var item in items)
            {
                ct.ThrowIfCancellationRequested();
                Write(tar, item, links);
            }
        }
        return Convert.ToHexStringLower(sha.Hash!);
    }

    private static Dictionary<string, string> CheckedLinks(string root, List<Tree.Item> items)
    {
        const int named = 10;
        var (rule, kept, refused) = (new Links(root), new Dictionary<string, string>(), new List<string>());
        foreach (var item in items.Where(i => i.Entry.Kind == Posix.Kind.Link))
        {
            var target = new FileInfo(item.FullPath).LinkTarget!;
            if (rule.Allowed(item.Path, target) is { } allowed) kept[item.Path] = allowed;
            else refused.Add($"'{item.Path}' leads to '{target}'");
        }
        if (refused.Count == 0) return kept;
        throw Errors.BadLinks(refused.Count <= named ? refused : [.. refused.Take(named), $"and {refused.Count - named} more"]);
    }

    private static void Write(TarWriter tar, Tree.Item item, Dictionary<string, string> links)
    {
        var entry = item.Entry.Kind switch
        {
            Posix.Kind.Folder => new GnuTarEntry(TarEntryType.Directory, item.Path + "/") { Mode = Executable },
            Posix.Kind.Link => new GnuTarEntry(TarEntryType.SymbolicLink, item.Path) { Mode = Executable, LinkName = links[item.Path] },
            _ => new GnuTarEntry(TarEntryType.RegularFile, item.Path) { Mode = item.Entry.Executable ? Executable : Plain },
        };
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        using var content = item.Entry.Kind == Posix.Kind.File ? new FileStream(item.FullPath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0) : null;
        if (content is not null) entry.DataStream = content;
        tar.WriteEntry(entry);
    }
}
