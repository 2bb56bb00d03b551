using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Platform.Runner.Bundles;

/// <summary>
/// The folder <c>bundles</c>: <c>&lt;digest&gt;/{files/,tree,used}</c>, <c>.new-…</c> while one is fetched, <c>.old-…</c> while one is removed.
/// Several Runners may share it.
/// </summary>
internal sealed partial class BundleFolders(IOptions<DataSettings> data, IOptions<BundleSettings> settings, ILogger<BundleFolders> logger)
{
    // Between the making of a folder and that of the file by which its Runner holds it, and while a dying Runner removes one.
    private static readonly TimeSpan UnheldAge = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(50);
    private readonly string root = Path.Combine(data.Value.Directory, "bundles");

    public string Of(string digest) => Path.Combine(root, digest);

    /// <summary>A folder to fetch into, and the hold on it. It is left over if its Runner dies.</summary>
    public (string Folder, SafeFileHandle Use) Begin()
    {
        var folder = Path.Combine(root, $".new-{Guid.NewGuid():n}");
        Directory.CreateDirectory(BundleTree.Files(folder));
        return (folder, BundleUse.Create(folder));
    }

    /// <summary>Waits until no other Runner changes what is there of this bundle; disposing lets them.</summary>
    public async Task<SafeFileHandle> LockAsync(string digest, CancellationToken cancel)
    {
        SafeFileHandle? held;
        while ((held = TryLock(digest)) is null)
            await Task.Delay(LockInterval, cancel);
        return held;
    }

    /// <summary>The name is free at once; the files go when nothing runs from them any more.</summary>
    public void Remove(string folder)
    {
        var aside = Path.Combine(root, $".old-{Guid.NewGuid():n}");
        Directory.Move(folder, aside);
        RemoveAside(aside);
    }

    /// <summary>Removes what Runners have left behind that are no more, and what was in use when it had to go.</summary>
    public void RemoveLeftOvers()
    {
        foreach (var folder in Existing(".new-*").Concat(Existing(".old-*")))
            RemoveAside(folder);
    }

    /// <summary>Removes the bundles that were used longest ago until the others are within the limit.</summary>
    public void Evict()
    {
        var bundles = Existing("*").Where(folder => !Path.GetFileName(folder).StartsWith('.'))
            .Select(folder => (Folder: folder, LastUse: BundleUse.LastUse(folder), Bytes: BundleTree.Bytes(folder))).OrderBy(bundle => bundle.LastUse).ToList();
        var total = bundles.Sum(bundle => bundle.Bytes);
        foreach (var (folder, lastUse, bytes) in bundles)
        {
            if (total <= settings.Value.MaxBytes)
                return;
            // Whoever fetches it just now is about to use it.
            using var locked = TryLock(Path.GetFileName(folder));
            using var owned = locked is null ? null : BundleUse.TryOwn(folder);
            if (owned is null)
                continue;
            var aside = Path.Combine(root, $".old-{Guid.NewGuid():n}");
            Directory.Move(folder, aside);
            Directory.Delete(aside, recursive: true);
            total -= bytes;
            Log.Evicted(logger, Path.GetFileName(folder), bytes, lastUse, total);
        }
    }

    private IEnumerable<string> Existing(string pattern) => Directory.Exists(root) ? Directory.EnumerateDirectories(root, pattern) : [];

    private static void RemoveAside(string folder)
    {
        try
        {
            using var owned = BundleUse.TryOwn(folder);
            if (owned is not null || (!BundleUse.Exists(folder) && Directory.GetLastWriteTimeUtc(folder) < DateTime.UtcNow - UnheldAge))
                Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another Runner was faster.
        }
    }

    // One file for many bundles, so that they need not be removed.
    private SafeFileHandle? TryLock(string digest)
    {
        var locks = Path.Combine(root, ".locks");
        Directory.CreateDirectory(locks);
        try
        {
            return File.OpenHandle(Path.Combine(locks, digest[..2]), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException) && IsLocked(e))
        {
            return null;
        }
    }

    // EWOULDBLOCK.
    private static bool IsLocked(IOException e) => e.HResult == 11;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Bundle {Digest} ({Bytes} bytes, last used {LastUse:u}) made room; {Total} bytes are left")]
        public static partial void Evicted(ILogger logger, string digest, long bytes, DateTime lastUse, long total);
    }
}
