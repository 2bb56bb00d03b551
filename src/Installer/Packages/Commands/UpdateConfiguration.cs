using System.ComponentModel.DataAnnotations;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>POST /v1/images/configurations/updates: has a package's command <c>update</c> bring the package's own folder up to date.</summary>
internal sealed class UpdateConfiguration(LocalRoots roots, CommandWork work, ChangeFolder folders, RunCommand command)
{
    /// <param name="Folder">The absolute path of a package below the local roots.</param>
    /// <param name="Env">Variables for the command; never shown.</param>
    internal sealed record Body([property: Required] string? Folder = null, IReadOnlyDictionary<string, string?>? Env = null);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/images/configurations/updates", (Body body, UpdateConfiguration update, CancellationToken cancel) => update.RunAsync(body, cancel))
        .RequireScope("connectors:install").WithErrors("invalid_package_command", "local_not_allowed", "local_not_found").WithExample("""{"folder": "/srv/configuration", "env": {"ARTICLES_URL": "https://example.org"}}""").WithName("UpdateConfiguration").WithTags("Images")
        .WithSummary("Runs the command update of a packaged connector in its folder")
        .WithDescription("On a copy, which takes the folder's place when the command has succeeded. Waits for its end.")
        .Produces<ChangeReport>().ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    private Task<ChangeReport> RunAsync(Body body, CancellationToken cancel)
    {
        var input = new CommandInput(roots);
        var folder = input.FolderToChange("folder", body.Folder);
        var given = input.Environment(body.Env);
        input.ThrowErrors();
        return work.RunAsync((place, ct) => UpdateAsync(place, folder!, given, ct), cancel);
    }

    private Task<ChangeReport> UpdateAsync(CommandWork.Place place, string folder, IReadOnlyDictionary<string, string> given, CancellationToken ct)
    {
        var metadata = FetchPackage.MetadataOf(folder, folder);
        if (!metadata.Commands.TryGetValue(PackageCommands.Update, out var update))
            throw CommandErrors.NoCommand(folder, PackageCommands.Update, metadata.Unusable.GetValueOrDefault(PackageCommands.Update));
        var context = place.Subfolder("context");
        var run = new CommandRun(place.Id, PackageCommands.Update, context, place.Subfolder("tmp"), PackageCommands.Variables(metadata, given, place.Id), [.. given.Values]) { Writes = true };
        return folders.RunAsync(place, folder, context, metadata.Warnings, async () => await command.RunAsync(run, update, place.Log, ct), ct);
    }
}
