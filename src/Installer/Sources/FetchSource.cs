using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>Puts a manifest's source into an empty folder.</summary>
internal sealed class FetchSource(LocalSource local, VcsSource vcs)
{
    /// <returns>What exactly was fetched; null where the source has no such thing.</returns>
    public async Task<string?> RunAsync(Guid install, Manifest manifest, string target, string temporary, InstallLog log, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("fetch");
        activity?.SetTag("source", manifest.Source);
        switch (manifest.Source)
        {
            case "VCS":
                return await vcs.FetchAsync(install, manifest, target, temporary, log, ct);
            case "Local":
                log.Note($"copying {manifest.Uri}");
                await local.FetchAsync(manifest, target, ct);
                return null;
            default:
                throw Errors.SourceUnsupported(manifest.Source);
        }
    }
}
