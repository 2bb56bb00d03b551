using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Images;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>POST /v1/images/validations: whether an image or a package can say what it would serve, and whether that is sound. No server is started.</summary>
internal sealed class ValidateImage(LocalRoots roots, CommandWork work, FetchPackage packages, RunCommand command, IOptions<InstallOptions> options)
{
    /// <param name="Image">A reference or an id; this or a package.</param>
    /// <param name="Package">The absolute path of a folder or archive below the local roots, or an http(s) URL of an archive.</param>
    /// <param name="Sha256">Of what is downloaded, 64 hex digits; null: whatever comes.</param>
    /// <param name="Configuration">The absolute path of a folder below the local roots; null: the package's own files, or nothing.</param>
    /// <param name="Env">Variables for the command; never shown.</param>
    internal sealed record Body(string? Image = null, string? Package = null, string? Sha256 = null, string? Configuration = null, IReadOnlyDictionary<string, string?>? Env = null);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/images/validations", (Body body, ValidateImage validate, CancellationToken cancel) => validate.RunAsync(body, cancel))
        // It runs whatever the image or package holds, as an install does.
        .RequireScope("connectors:install").WithErrors("invalid_package_command", "local_not_allowed", "local_not_found").WithExample("""{"image": "articles:1", "configuration": "/srv/configuration"}""").WithName("ValidateImage").WithTags("Images")
        .WithSummary("Reads the schema and capabilities of an image or package without starting its server")
        .WithDescription("By the package's command printSchemaAndCapabilities, else by the image with that argument. Waits for its end.")
        .Produces<ValidationReport>().ProducesProblem(422).ProducesProblem(503);

    private Task<ValidationReport> RunAsync(Body body, CancellationToken cancel)
    {
        var input = new CommandInput(roots);
        if (string.IsNullOrEmpty(body.Image) == string.IsNullOrEmpty(body.Package)) input.Error("image", "required", "Either the field image or the field package is required.");
        else if (!string.IsNullOrEmpty(body.Image) && !ImageReference.IsOne(body.Image)) input.Error("image", "invalid_image", $"'{body.Image}' is no reference of an image.");
        var manifest = string.IsNullOrEmpty(body.Package) ? null : input.Package(body.Package, body.Sha256);
        var configuration = string.IsNullOrEmpty(body.Configuration) ? null : input.Folder("configuration", body.Configuration);
        var given = input.Environment(body.Env);
        input.ThrowErrors();
        return work.RunAsync((place, ct) => ValidateAsync(place, body.Image, manifest, configuration, given, ct), cancel);
    }

    private async Task<ValidationReport> ValidateAsync(
        CommandWork.Place place, string? image, Manifest? manifest, string? configuration, IReadOnlyDictionary<string, string> given, CancellationToken ct)
    {
        var (context, package) = (place.Subfolder("context"), place.Subfolder("package"));
        var metadata = manifest is null ? null : await packages.RunAsync(place, manifest, package, ct);
        if (manifest is not null && configuration is null) context = package;
        if (configuration is not null) await Task.Run(() => Tree.Copy(configuration, context, options.Value, ct), ct);
        // As in a project of somebody who uses the package: the definition lies in the configuration.
        if (manifest is not null && configuration is not null) FetchPackage.TakeDefinition(package, context, options.Value, ct);

        var run = new CommandRun(place.Id, PackageCommands.Print, context, place.Subfolder("tmp"), PackageCommands.Variables(metadata, given, place.Id), [.. given.Values]);
        var declared = metadata?.Commands.GetValueOrDefault(PackageCommands.Print);
        if (declared is not null)
            return ValidationReport.Of("command", declared.Line ?? $"docker run {declared.Image}", run, await command.RunAsync(run, declared, place.Log, ct), metadata);
        var own = image ?? metadata!.DockerImage ?? throw CommandErrors.NothingToValidate(FetchPackage.Shown(manifest!));
        var where = image is null ? $"dockerImage in {ConnectorMetadata.FileName}" : "the image's name";
        return ValidationReport.Of("image", $"docker run {own}", run, await command.PrintAsync(run, own, where, place.Log, ct), metadata);
    }
}
