using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Bundles;
using Platform.Installer.Packages;
using Platform.Installer.Services;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>What an install made.</summary>
internal sealed record Installed(Bundle Bundle, string? SourceRevision, string? SourceDigest, IReadOnlyList<InstallWarning>? Warnings);

/// <summary>The way from a manifest to a bundle in the store. Only its last step, a rename, leaves anything behind.</summary>
internal sealed class InstallSteps(
    FetchSource fetch, BuildSource build, UpdateFiles update, PrepareService service, PreparePackage package, PackBundle pack, CommandPublisher publisher)
{
    /// <param name="work">The install's own folder, which is empty.</param>
    /// <param name="enter">Told of each stage before it begins.</param>
    public async Task<Installed> RunAsync(InstallStatus status, string work, InstallLog log, Action<string> enter, CancellationToken ct)
    {
        var (manifest, pin) = (status.Manifest, status.Pin);
        var (source, temporary) = (Folder(work, "source"), Folder(work, "tmp"));
        // A lock file wants what it names, and not what an update makes of something else.
        var updates = status.UpdateFrom is not null && pin is null && !string.IsNullOrWhiteSpace(manifest.UpdateCommand);
        var fetched = updates
            ? await update.RunAsync(status, status.UpdateFrom!, source, temporary, Folder(work, "fetch"), log, enter, ct)
            : await FetchAsync(status, source, temporary, Folder(work, "fetch"), log, enter, ct);
        var warnings = manifest.IsProgram ? [] : await PrepareAsync(status, fetched, source, work, log, enter, ct);
        var bundle = await PackAsync(pin, source, work, log, enter, ct);
        // Where nothing is built, what was packed is what was fetched.
        var unchanged = manifest.Source == "Local" && !updates && manifest.IsProgram && string.IsNullOrWhiteSpace(manifest.InstallCommand);
        warnings = [.. warnings, .. Compare(pin, bundle, log)];
        return new Installed(bundle, fetched.Revision, fetched.SourceDigest ?? (unchanged ? bundle.Digest : null), warnings.Count > 0 ? warnings : null);
    }

    private async Task<Fetched> FetchAsync(
        InstallStatus status, string source, string temporary, string fetchFolder, InstallLog log, Action<string> enter, CancellationToken ct)
    {
        var (id, manifest) = (status.InstallId, status.Manifest);
        enter("fetching");
        var progress = new ByteProgress(id, "fetching", publisher);
        var fetched = await fetch.RunAsync(id, manifest, status.Pin, source, fetchFolder, log, progress.Report, ct);
        FaultPoints.Pass("fetched");
        if (string.IsNullOrWhiteSpace(manifest.InstallCommand)) return fetched;
        enter("building");
        await build.RunAsync(id, "install", manifest.InstallCommand, source, temporary, log, ct);
        FaultPoints.Pass("built");
        return fetched;
    }

    private async Task<IReadOnlyList<InstallWarning>> PrepareAsync(
        InstallStatus status, Fetched fetched, string source, string work, InstallLog log, Action<string> enter, CancellationToken ct)
    {
        enter("building");
        var warnings = status.Manifest.IsPackage
            ? await package.RunAsync(status, fetched, source, work, log, ct)
            : await service.RunAsync(status, fetched, source, work, log, ct);
        FaultPoints.Pass("prepared");
        return warnings;
    }

    private async Task<Bundle> PackAsync(SourcePin? pin, string source, string work, InstallLog log, Action<string> enter, CancellationToken ct)
    {
        enter("packing");
        if (pin is { Strict: true, Digest: { } wanted })
        {
            // Before it is in the store, where it might be another version's bundle too.
            var found = await pack.DigestAsync(source, ct);
            if (found != wanted) throw Errors.BundleDigestMismatch(wanted, found);
        }
        var bundle = await pack.RunAsync(source, work, ct);
        FaultPoints.Pass("packed");
        log.Note($"stored as {bundle.Digest}, {bundle.SizeBytes} bytes");
        return bundle;
    }

    private static IReadOnlyList<InstallWarning> Compare(SourcePin? pin, Bundle bundle, InstallLog log)
    {
        if (pin?.Digest is not { } pinned || pinned == bundle.Digest) return [];
        var warning = Errors.BundleDiffers(pinned, bundle.Digest);
        log.Note($"warning: {warning.Message} ({warning.Code})");
        return [warning];
    }

    private static string Folder(string work, string name) => Directory.CreateDirectory(Path.Combine(work, name)).FullName;
}
