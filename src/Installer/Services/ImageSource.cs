using System.Formats.Tar;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Platform.Contracts;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Installer.Sources;
using Platform.Oms;

namespace Platform.Installer.Services;

/// <summary>An image that there is already: found or pulled once, and its description copied out of it. Nothing of it is started.</summary>
internal sealed class ImageSource(EngineImages images)
{
    private const string Why = "the source is an image";
    private const long MaxFileBytes = 4 << 20;

    /// <param name="pinned">The id, without <c>sha256:</c>, that a lock file wants instead of what the reference means now; null: none.</param>
    /// <param name="target">Gets the description, and what it names beside itself.</param>
    public async Task<Fetched> FetchAsync(Guid install, Manifest manifest, string? pinned, string target, InstallLog log, CancellationToken ct)
    {
        await images.CheckEngineAsync(Why, ct);
        var image = await images.ResolveAsync(manifest.Uri, pinned, log, ct);
        log.Note($"{manifest.Uri} is {image.ID}");
        var container = (await images.AskAsync("look into the image", client => client.Containers.CreateContainerAsync(
            // It is never started, but must say what it would do.
            new CreateContainerParameters
            {
                Image = image.ID,
                Cmd = ["-"],
                Entrypoint = [],
                NetworkDisabled = true,
                Labels = new Dictionary<string, string> { ["platform.install"] = install.ToString() },
            }, ct))).ID;
        try
        {
            var folder = image.Config?.WorkingDir is { Length: > 0 } own ? own : "/";
            var (place, description) = await DescriptionAsync(container, Places(manifest.DescribedBy, folder), ct);
            log.Note($"copied {place} out of the image");
            var name = Path.GetFileName(place);
            await File.WriteAllBytesAsync(Path.Combine(target, name), description, ct);
            await Companions.TakeAsync(target, name, path => ReadAsync(container, Path.Combine(Path.GetDirectoryName(place)!, path), ct), log, ct);
            return new Fetched(null, EngineImages.DigestOf(image.ID), image.ID, name);
        }
        finally
        {
            await images.AskAsync("clean up", client => client.Containers.RemoveContainerAsync(
                container, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, CancellationToken.None));
        }
    }

    private static IReadOnlyList<string> Places(string? describedBy, string folder) => describedBy is not null
        ? [Path.GetFullPath(Path.Combine(folder, describedBy))]
        : [.. ((string[])[folder, "/", "/app"]).Distinct().SelectMany(place => OmsReader.FileNames.Select(name => Path.Combine(place, name)))];

    private async Task<(string Place, byte[] Content)> DescriptionAsync(string container, IReadOnlyList<string> places, CancellationToken ct)
    {
        foreach (var place in places)
            if (await ReadAsync(container, place, ct) is { } content) return (place, content);
        throw ServiceErrors.DescriptionMissing(places);
    }

    /// <returns>Null: the image has no such file.</returns>
    private async Task<byte[]?> ReadAsync(string container, string path, CancellationToken ct)
    {
        try
        {
            var archive = await images.AskAsync("give out a file of the image", client =>
                client.Containers.GetArchiveFromContainerAsync(container, new ContainerPathStatParameters { Path = path }, false, ct));
            await using var stream = archive.Stream!;
            await using var tar = new TarReader(stream);
            if (await tar.GetNextEntryAsync(copyData: false, ct) is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } entry)
                throw ServiceErrors.DescriptionNoFile(path, "is not an ordinary file of the image");
            if (entry.Length > MaxFileBytes) throw ServiceErrors.DescriptionNoFile(path, $"has more than {MaxFileBytes} bytes");
            using var content = new MemoryStream();
            if (entry.DataStream is { } data) await data.CopyToAsync(content, ct);
            return content.ToArray();
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
