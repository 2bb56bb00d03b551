using Platform.Contracts;
using Platform.Installer.Bundles;
using Platform.Installer.Installs;
using Platform.Installer.Packages;
using Platform.Installer.Services;
using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>What exactly was fetched; null where the source has no such thing.</summary>
/// <param name="Revision">The commit of a VCS source.</param>
/// <param name="SourceDigest">See <see cref="InstallFinished.SourceDigest"/>.</param>
/// <param name="Image">The id of an Image source.</param>
/// <param name="Description">Relative to the fetched files; null: it is to be looked for in them.</param>
internal sealed record Fetched(string? Revision, string? SourceDigest, string? Image = null, string? Description = null);

/// <summary>Puts a manifest's source into an empty folder.</summary>
internal sealed class FetchSource(LocalSource local, VcsSource vcs, HttpSource http, ImageSource image, PackageImage package, ServerSource server, PackBundle pack)
{
    /// <param name="pin">What the source must be; null: whatever is there now.</param>
    /// <param name="onProgress">Told of a download's bytes so far, and in all or null; from any thread, as often as there is news.</param>
    public async Task<Fetched> RunAsync(
        Guid install, Manifest manifest, SourcePin? pin, string target, string temporary, InstallLog log, Action<long, long?> onProgress, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("fetch");
        activity?.SetTag("source", manifest.Source);
        switch (manifest.Source)
        {
            case "VCS":
                return new Fetched(await vcs.FetchAsync(install, manifest, pin?.SourceRevision, target, temporary, log, ct), null);
            case "Local":
                log.Note($"copying {manifest.Uri}");
                await local.FetchAsync(install, manifest, target, temporary, ct);
                return new Fetched(null, await DigestAsync(manifest, pin?.SourceDigest, target, log, ct));
            case "HTTP":
                return new Fetched(null, await http.FetchAsync(install, manifest, pin?.SourceDigest, target, temporary, log, onProgress, ct));
            case "Image" when manifest.IsPackage:
                return await package.FetchAsync(manifest, pin?.SourceDigest, target, log, ct);
            case "Image":
                return await image.FetchAsync(install, manifest, pin?.SourceDigest, target, log, ct);
            case "Server":
                return await server.FetchAsync(manifest, pin?.SourceDigest, target, temporary, log, ct);
            default:
                throw Errors.SourceUnsupported(manifest.Source);
        }
    }

    /// <summary>The digest of a Local source's files, before its install command changes them.</summary>
    /// <returns>Null where nothing is built: then it is the bundle's, which would otherwise be made twice. Null, too, when it can't be told.</returns>
    private async Task<string?> DigestAsync(Manifest manifest, string? pinned, string folder, InstallLog log, CancellationToken ct)
    {
        if (pinned is null && string.IsNullOrWhiteSpace(manifest.InstallCommand) && manifest.IsProgram) return null;
        string digest;
        try
        {
            digest = await pack.DigestAsync(folder, ct);
        }
        catch (InstallFailedException e) when (pinned is null)
        {
            // What can't be packed yet, such as a link that leads out, the install command may replace.
            log.Note($"a lock file won't be able to pin this source: {e.Message}");
            return null;
        }
        if (pinned is not null && !string.Equals(pinned, digest, StringComparison.OrdinalIgnoreCase)) throw Errors.SourceDigestMismatch(manifest.Uri, pinned, digest, "the lock file");
        return digest;
    }
}
