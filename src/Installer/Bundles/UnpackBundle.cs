using System.Security.Cryptography;
using Platform.Runner.Bundles;
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
            await BundleArchive.UnpackAsync(buffer, target, ct);
        }
        catch (InvalidDataException e)
        {
            throw Errors.UpdateBaseMissing(digest, $"can't be unpacked ({e.Message})");
        }
    }
}
