using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Bundles;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>What an install made.</summary>
internal sealed record Installed(Bundle Bundle, string? SourceRevision, string? SourceDigest, IReadOnlyList<InstallWarning>? Warnings);

/// <summary>The way from a manifest to a bundle in the store. Only its last step, a rename, leaves anything behind.</summary>
internal sealed class InstallSteps(FetchSource fetch, BuildSource build, PackBundle pack, CommandPublisher publisher)
{
    /// <param name="work">The install's own folder, which is empty.</param>
    /// <param name="enter">Told of each stage before it begins.</param>
    public async Task<Installed> RunAsync(InstallStatus status, string work, InstallLog log, Action<string> enter, CancellationToken ct)
    {
        var (id, manifest, pin) = (status.InstallId, status.Manifest, status.Pin);
        var (source, temporary) = (Folder(work, "source"), Folder(work, "tmp"));

        enter("fetching");
        var progress = new ByteProgress(id, "fetching", publisher);
        var fetched = await fetch.RunAsync(id, manifest, pin, source, Folder(work, "fetch"), log, progress.Report, ct);
        FaultPoints.Pass("fetched");
        var builds = !string.IsNullOrWhiteSpace(manifest.InstallCommand);
        if (builds)
        {
            enter("building");
            await build.RunAsync(id, source, temporary, manifest.InstallCommand!, log, ct);
            FaultPoints.Pass("built");
        }

        enter("packing");
        var bundle = await pack.RunAsync(source, work, ct);
        FaultPoints.Pass("packed");
        log.Note($"stored as {bundle.Digest}, {bundle.SizeBytes} bytes");
        // What was packed is what was fetched.
        var sourceDigest = fetched.SourceDigest ?? (manifest.Source == "Local" && !builds ? bundle.Digest : null);
        return new Installed(bundle, fetched.Revision, sourceDigest, Compare(pin, bundle, log));
    }

    private static IReadOnlyList<InstallWarning>? Compare(SourcePin? pin, Bundle bundle, InstallLog log)
    {
        if (pin?.Digest is not { } pinned || pinned == bundle.Digest) return null;
        var warning = Errors.BundleDiffers(pinned, bundle.Digest);
        log.Note($"warning: {warning.Message} ({warning.Code})");
        return [warning];
    }

    private static string Folder(string work, string name) => Directory.CreateDirectory(Path.Combine(work, name)).FullName;
}
