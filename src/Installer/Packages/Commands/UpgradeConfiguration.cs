using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>
/// POST /v1/images/configurations/upgrades: puts another version of a package's definition into a folder that uses it, and has that version's command
/// <c>upgradeConfiguration</c> change what has to be changed.
/// </summary>
internal sealed class UpgradeConfiguration(
    LocalRoots roots, CommandWork work, FetchPackage packages, ChangeFolder folders, RunCommand command, IOptions<InstallOptions> options)
{
    /// <param name="Folder">The absolute path of a folder below the local roots that has a definition.</param>
    /// <param name="Package">The version to upgrade to: the absolute path of a folder or archive below the local roots, or an http(s) URL of an archive.</param>
    /// <param name="Sha256">Of what is downloaded, 64 hex digits; null: whatever comes.</param>
    /// <param name="Env">Variables for the command; never shown.</param>
    internal sealed record Body([property: Required] string? Folder = null, [property: Required] string? Package = null, string? Sha256 = null, IReadOnlyDictionary<string, string?>? Env = null);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/images/configurations/upgrades", (Body body, UpgradeConfiguration upgrade, CancellationToken cancel) => upgrade.RunAsync(body, cancel))
        .RequireScope("connectors:install").WithErrors("invalid_package_command", "local_not_allowed", "local_not_found").WithExample("""{"folder": "/srv/configuration", "package": "https://example.org/articles-2.tgz"}""").WithName("UpgradeConfiguration").WithTags("Images")
        .WithSummary("Replaces the definition of a packaged connector in a folder by another version's, and runs that version's upgradeConfiguration")
        .WithDescription("On a copy, which takes the folder's place when the command has succeeded. Waits for its end.")
        .Produces<ChangeReport>().ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    private Task<ChangeReport> RunAsync(Body body, CancellationToken cancel)
    {
        var input = new CommandInput(roots);
        var folder = input.FolderToChange("folder", body.Folder);
        var manifest = input.Package(body.Package, body.Sha256);
        var given = input.Environment(body.Env);
        input.ThrowErrors();
        return work.RunAsync((place, ct) => UpgradeAsync(place, folder!, manifest!, given, ct), cancel);
    }

    private async Task<ChangeReport> UpgradeAsync(CommandWork.Place place, string folder, Manifest manifest, IReadOnlyDictionary<string, string> given, CancellationToken ct)
    {
        // Whatever is wrong with the metadata of the version before, the new one may mend it.
        if (Posix.Look(Path.Combine(folder, ConnectorMetadata.FileName)) is null) throw CommandErrors.NoPackage(folder);
        var (package, shown) = (place.Subfolder("package"), FetchPackage.Shown(manifest));
        var metadata = await packages.RunAsync(place, manifest, package, ct);
        NewerPackage.Check(folder, metadata);
        if (metadata.Unusable.TryGetValue(PackageCommands.Upgrade, out var unusable)) throw CommandErrors.NoCommand(shown, PackageCommands.Upgrade, unusable);
        var upgrade = metadata.Commands.GetValueOrDefault(PackageCommands.Upgrade);
        IReadOnlyList<InstallWarning> warnings = upgrade is null ? [.. metadata.Warnings, CommandErrors.NoUpgrade(shown)] : metadata.Warnings;

        var context = place.Subfolder("context");
        var run = new CommandRun(place.Id, PackageCommands.Upgrade, context, place.Subfolder("tmp"), PackageCommands.Variables(metadata, given, place.Id), [.. given.Values]) { Writes = true };
        return await folders.RunAsync(place, folder, context, warnings, async () =>
        {
            FetchPackage.TakeDefinition(package, context, options.Value, ct);
            return upgrade is null ? null : await command.RunAsync(run, upgrade, place.Log, ct);
        }, ct);
    }
}
