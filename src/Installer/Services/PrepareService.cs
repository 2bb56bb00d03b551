using System.Text.Json;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Installer.Sources;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <summary>
/// Makes of a described service's files what a Runner starts: its description is read, its image built if it has a Dockerfile, its protos compiled, and
/// how it runs written into the bundle.
/// </summary>
internal sealed class PrepareService(EngineImages images, BuildImage build, CompileProtos protos)
{
    private static readonly string OwnFolder = Path.GetDirectoryName(ServiceRuntime.Path)!;

    /// <param name="source">As it was fetched, and left by its install command.</param>
    /// <param name="work">A folder for what is made on the way.</param>
    /// <returns>What a person should know of it.</returns>
    public async Task<IReadOnlyList<InstallWarning>> RunAsync(
        InstallStatus status, Fetched fetched, string source, string work, InstallLog log, CancellationToken ct)
    {
        var manifest = status.Manifest;
        if (Posix.Look(Path.Combine(source, OwnFolder)) is not null) throw ServiceErrors.ReservedFolder();
        var path = fetched.Description ?? DescriptionFile.Find(source, manifest.DescribedBy);
        var service = DescriptionFile.Read(source, path);
        List<InstallWarning> warnings = [.. DescriptionFile.Warn(path, service, log)];
        log.Note($"{path}: {service.Actions.Count(a => a.Unusable is null)} actions, {service.Events.Count(e => e.Unusable is null)} events");

        var runtime = manifest.Source switch
        {
            "Image" => new ServiceRuntime(ServiceKinds.Image, path, fetched.Image, manifest.Uri),
            "Server" => new ServiceRuntime(ServiceKinds.Server, path, Address: manifest.Uri.TrimEnd('/')),
            _ => await OfFilesAsync(status, path, service, source, work, warnings, log, ct),
        };
        var descriptors = await DescriptorsAsync(status.InstallId, path, service, source, work, log, ct);
        var file = Path.Combine(source, ServiceRuntime.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(runtime with { Descriptors = descriptors }, PlatformJson.Options), ct);
        log.Note(runtime.Kind switch
        {
            ServiceKinds.Image => $"it runs in containers of {runtime.ImageName}, {runtime.Image}",
            ServiceKinds.Server => $"it runs at {runtime.Address}; nothing of it is started here",
            _ => "it runs as a process in the sandbox",
        });
        return warnings;
    }

    private async Task<ServiceRuntime> OfFilesAsync(
        InstallStatus status, string path, OmsService service, string source, string work, List<InstallWarning> warnings, InstallLog log, CancellationToken ct)
    {
        var runtime = new ServiceRuntime(ServiceKinds.Process, path);
        if (Posix.Look(Path.Combine(source, Dockerfile.FileName)) is { Kind: Posix.Kind.File })
        {
            var runsWithout = !string.IsNullOrWhiteSpace(status.Manifest.InstallCommand);
            if (!runsWithout) await images.CheckEngineAsync("the source has a Dockerfile, and no install_command that would make it run without a container", ct);
            if (!runsWithout || await images.IsReachableAsync(ct))
            {
                var image = await build.RunAsync(new(status.InstallId, source, Dockerfile.FileName, ImageBuild.RepositoryOf(status.Connector)), work, log, ct);
                return runtime with { Kind = ServiceKinds.Image, Image = image.Id, ImageName = image.Name };
            }
            Warn(ServiceErrors.NoEngine(images.Address));
        }
        if (service.Lifecycle.Startup is null && service.Actions.Any(a => a is { Unusable: null, Interface: OmsHttp { Port: not null } or OmsRpc { Endpoint: null } }))
            Warn(ServiceErrors.NothingListens());
        return runtime;

        void Warn(InstallWarning warning)
        {
            warnings.Add(warning);
            log.Note($"warning: {warning.Message} ({warning.Code})");
        }
    }

    private async Task<IReadOnlyDictionary<string, string>?> DescriptorsAsync(
        Guid install, string path, OmsService service, string source, string work, InstallLog log, CancellationToken ct)
    {
        // Relative ones are so to the description.
        var beside = Path.GetDirectoryName(path) ?? "";
        var uris = service.Actions.Where(a => a is { Unusable: null, Interface: OmsRpc { ProtoUri: not null } })
            .ToDictionary(a => a.Name, a => ((OmsRpc)a.Interface!).ProtoUri! is var uri && DescriptionFile.IsRelative(uri) ? Path.Combine(beside, uri) : uri);
        if (uris.Count == 0) return null;
        var made = await protos.RunAsync(install, uris.Values, source, Directory.CreateDirectory(Path.Combine(work, "protos")).FullName, log, ct);
        return uris.ToDictionary(action => action.Key, action => made[action.Value]);
    }
}
