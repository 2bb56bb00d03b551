using System.ComponentModel.DataAnnotations;
using Platform.Installer.Installs;
using Platform.Installer.Packages;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images.Builds;

/// <summary>POST /v1/images/builds: builds the image of a folder of this machine.</summary>
internal static class StartImageBuild
{
    /// <param name="Folder">Absolute, below the local roots: a folder with a Dockerfile, or a connector's package that is built from one.</param>
    /// <param name="Name">What the image is to be called, such as <c>demo:1.2</c>; without a tag, <c>latest</c>.</param>
    internal sealed record Body([property: Required] string? Folder, [property: Required] string? Name);

    public static void MapStartImageBuild(this WebApplication app) =>
        app.MapPost("/v1/images/builds", HandleAsync).RequireScope("connectors:install").WithExample("""{"folder": "/srv/connectors/articles", "name": "articles:1"}""").WithErrors("invalid_build").WithName("StartImageBuild").WithTags("Images")
            .WithSummary("Builds the image of a folder with a Dockerfile")
            .WithDescription("The folder must lie below the local roots. The build goes on by itself; its log is at the build's location.")
            .Produces<ImageBuildStatus>(StatusCodes.Status202Accepted).ProducesProblem(400).ProducesProblem(422).ProducesProblem(503);

    private static async Task<IResult> HandleAsync(Body body, LocalRoots roots, ContainerEngine engine, ImageBuilds builds, CancellationToken cancel)
    {
        List<FieldError> errors = [];
        var context = Check(body.Folder ?? "", roots, errors, out var dockerfile);
        if (string.IsNullOrEmpty(body.Name)) errors.Add(new("name", "required", "The field is required: what the image is to be called."));
        else if (!ImageReference.IsName(body.Name)) errors.Add(new("name", "invalid_name", "A name is as in docker tag, such as demo:1.2 or registry.example.com:5000/team/demo; without a digest."));
        if (errors.Count > 0) throw ImageErrors.InvalidBuild(errors);
        await engine.CheckAsync(cancel);

        var status = builds.Begin(new(Guid.CreateVersion7(), InstallState.Queued, body.Folder!, dockerfile!, body.Name!, DateTimeOffset.UtcNow), context!);
        return Results.Accepted($"/v1/images/builds/{status.Id}", status);
    }

    private static string? Check(string folder, LocalRoots roots, List<FieldError> errors, out string? dockerfile)
    {
        dockerfile = null;
        if (folder.Length == 0)
        {
            errors.Add(new("folder", "required", "The field is required: the absolute path of a folder with a Dockerfile."));
            return null;
        }
        try
        {
            var path = roots.Check(folder);
            if (Posix.Look(path) is not { Kind: Posix.Kind.Folder })
            {
                errors.Add(new("folder", "no_folder", $"{folder} is not a folder."));
                return null;
            }
            var metadata = BuildContext.ReadText(path, ConnectorMetadata.FileName) is { } text ? MetadataReader.Read(text) : null;
            if (metadata?.DockerImage is { } image) errors.Add(new("folder", "nothing_to_build", $"The package is a PrebuiltDockerImage, {image}: there is nothing to build."));
            else dockerfile = PreparePackage.FindDockerfile(path, metadata is not null);
            return path;
        }
        catch (InstallFailedException e)
        {
            errors.Add(new("folder", e.Error.Code, e.Error.Message));
            return null;
        }
    }
}
