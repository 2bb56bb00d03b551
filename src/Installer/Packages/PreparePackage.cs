using System.Text.Json;
using Platform.Contracts;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Installer.Services;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages;

/// <summary>
/// Makes of a packaged connector's files what a Runner starts: its metadata is read, its images are resolved or built, and how it runs is written into the bundle.
/// </summary>
internal sealed class PreparePackage(EngineImages images, BuildImage build)
{
    private const string Root = ".";
    private static readonly string OwnFolder = Path.GetDirectoryName(PackageRuntime.Path)!;

    /// <param name="source">As it was fetched, and left by its install command.</param>
    /// <param name="work">A folder for what is made on the way.</param>
    /// <returns>What a person should know of it.</returns>
    public async Task<IReadOnlyList<InstallWarning>> RunAsync(
        InstallStatus status, Fetched fetched, string source, string work, InstallLog log, CancellationToken ct)
    {
        var manifest = status.Manifest;
        if (Posix.Look(Path.Combine(source, OwnFolder)) is not null) throw ServiceErrors.ReservedFolder();
        var metadata = BuildContext.ReadText(source, ConnectorMetadata.FileName) is { } text ? MetadataReader.Read(text) : null;
        var runtime = fetched.Image is { } image ? new PackageRuntime(image, manifest.Uri, manifest.Configuration is null ? null : Root)
            : metadata?.DockerImage is { } prebuilt ? await OfPrebuiltAsync(prebuilt, log, ct)
            : await OfDockerfileAsync(status, fetched, metadata, source, work, log, ct);

        List<InstallWarning> warnings = [.. metadata?.Warnings ?? []];
        if (metadata is not null)
            runtime = runtime with
            {
                Metadata = ConnectorMetadata.FileName,
                SpecGeneration = metadata.SpecGeneration,
                Variables = metadata.Variables,
                Commands = await CommandsAsync(metadata.Commands, warnings, log, ct),
            };
        foreach (var warning in warnings) log.Note($"warning: {warning.Message} ({warning.Code})");
        var file = Path.Combine(source, PackageRuntime.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(runtime, PlatformJson.Options), ct);
        log.Note($"it runs in containers of {runtime.ImageName}, {runtime.Image}");
        return warnings;
    }

    private async Task<PackageRuntime> OfPrebuiltAsync(string reference, InstallLog log, CancellationToken ct)
    {
        await images.CheckEngineAsync("the package is a PrebuiltDockerImage", ct);
        var image = await images.ResolveAsync(reference, null, log, ct);
        log.Note($"{reference} is {image.ID}{(image.RepoDigests is { Count: > 0 } digests ? $", {digests[0]}" : "")}");
        return new(image.ID, reference, Root);
    }

    private async Task<PackageRuntime> OfDockerfileAsync(
        InstallStatus status, Fetched fetched, ConnectorMetadata? metadata, string source, string work, InstallLog log, CancellationToken ct)
    {
        var dockerfile = FindDockerfile(source, metadata is not null);
        await images.CheckEngineAsync("the package is built from a Dockerfile", ct);
        var labels = new Dictionary<string, string> { ["platform.package.name"] = status.Connector };
        if (status.Manifest.Version is { } version) labels["platform.package.version"] = version;
        if (fetched.SourceDigest is { } digest) labels["platform.package.sha256"] = digest;
        if (fetched.Revision is { } revision) labels["platform.package.revision"] = revision;
        var image = await build.RunAsync(new(status.InstallId, source, dockerfile, ImageBuild.RepositoryOf(status.Connector), Labels: labels), work, log, ct);
        return new(image.Id, image.Name);
    }

    /// <summary>Relative to the package; in its definition, else at the root.</summary>
    /// <exception cref="InstallFailedException">There is none.</exception>
    public static string FindDockerfile(string source, bool isPackage)
    {
        string[] places = isPackage ? [$"{ConnectorMetadata.Folder}/{Dockerfile.FileName}", Dockerfile.FileName] : [Dockerfile.FileName];
        if (places.FirstOrDefault(place => BuildContext.ReadText(source, place) is not null) is { } found) return found;
        if (isPackage) throw PackageErrors.DockerfileMissing();
        var elsewhere = Directory.EnumerateDirectories(source).Where(folder => BuildContext.ReadText(source, $"{Path.GetFileName(folder)}/{ConnectorMetadata.FileName}") is not null).Take(2).ToList();
        throw PackageErrors.MetadataMissing(elsewhere is [var only] ? Path.GetFileName(only) : null);
    }

    private async Task<IReadOnlyDictionary<string, PackageCommand>> CommandsAsync(
        IReadOnlyDictionary<string, MetadataCommand> commands, List<InstallWarning> warnings, InstallLog log, CancellationToken ct)
    {
        var (found, usable) = (new Dictionary<string, (string? Id, string? Why)>(), new Dictionary<string, PackageCommand>());
        foreach (var (name, command) in commands)
        {
            if (command.Image is not { } reference)
            {
                usable[name] = new(Line: command.Line);
                continue;
            }
            if (!found.TryGetValue(reference, out var image))
            {
                var (answer, why) = await images.FindOrPullAsync(reference, log, ct);
                found[reference] = image = (answer?.ID, why);
            }
            if (image.Id is not null) usable[name] = new(image.Id, command.Arguments);
            else warnings.Add(PackageErrors.CommandImageUnavailable(name, reference, image.Why!));
        }
        return usable;
    }
}
