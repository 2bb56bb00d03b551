using System.Text.RegularExpressions;
using Platform.ServiceDefaults;

namespace Platform.Installer.Bundles;

/// <summary>The content-addressed store, <c>store/&lt;2 hex&gt;/&lt;digest&gt;.tar</c>: a bundle is wholly there or absent, and never changes.</summary>
internal sealed partial class BundleStore(DataFolder data)
{
    /// <summary>Moves a file whose content is on the disk into the store.</summary>
    public void Keep(Bundle bundle, string file)
    {
        var place = Place(bundle.Digest);
        // Also over one that is there: should it be damaged, installing again repairs it. Whoever reads that one keeps it.
        var folder = Path.GetDirectoryName(place)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Posix.SyncFolder(data.Store);
        }
        File.Move(file, place, overwrite: true);
        FaultPoints.Pass("bundle-renamed");
        Posix.SyncFolder(folder);
    }

    /// <summary>Null when there is no such bundle.</summary>
    public FileStream? Open(string digest)
    {
        if (!Digest().IsMatch(digest)) return null;
        try
        {
            return new FileStream(Place(digest), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <returns>Whether there was one. A download that is under way goes on to its end.</returns>
    public bool Remove(string digest)
    {
        if (!Digest().IsMatch(digest) || !File.Exists(Place(digest))) return false;
        File.Delete(Place(digest));
        Posix.SyncFolder(Path.GetDirectoryName(Place(digest))!);
        return true;
    }

    private string Place(string digest) => Path.Combine(data.Store, digest[..2], digest + ".tar");

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Digest();
}
