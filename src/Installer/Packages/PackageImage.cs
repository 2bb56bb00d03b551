using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Installer.Sources;

namespace Platform.Installer.Packages;

/// <summary>A connector that is an image already: found or pulled once, and its configuration copied from this machine.</summary>
internal sealed class PackageImage(EngineImages images, LocalRoots roots, IOptions<InstallOptions> options)
{
    private const string Why = "the source is an image";

    /// <param name="pinned">The id, without <c>sha256:</c>, that a lock file wants instead of what the reference means now; null: none.</param>
    /// <param name="target">Gets the configuration.</param>
    public async Task<Fetched> FetchAsync(Manifest manifest, string? pinned, string target, InstallLog log, CancellationToken ct)
    {
        await images.CheckEngineAsync(Why, ct);
        var image = await images.ResolveAsync(manifest.Uri, pinned, log, ct);
        log.Note($"{manifest.Uri} is {image.ID}");
        if (manifest.Configuration is { } folder)
        {
            log.Note($"copying {folder}");
            var path = roots.Check(folder);
            if (Posix.Look(path) is not { Kind: Posix.Kind.Folder }) throw PackageErrors.ConfigurationNoFolder(folder);
            await Task.Run(() => Tree.Copy(path, target, options.Value, ct), ct);
        }
        return new Fetched(null, EngineImages.DigestOf(image.ID), image.ID);
    }
}
