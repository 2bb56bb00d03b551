using System.Security.Cryptography;
using Platform.Contracts;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Installer.Sources;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <summary>A server that runs already: only its description is fetched, and its address checked.</summary>
internal sealed class ServerSource(OutboundGuard guard, Download download, LocalRoots roots)
{
    private const long MaxFileBytes = 4 << 20;

    /// <param name="pinned">sha256 that a lock file wants of the description; null: none.</param>
    /// <param name="target">Gets the description, and what it names beside itself.</param>
    public async Task<Fetched> FetchAsync(Manifest manifest, string? pinned, string target, string temporary, InstallLog log, CancellationToken ct)
    {
        var server = new Uri(manifest.Uri);
        try
        {
            await guard.CheckHostAsync(server.IdnHost, server.Port, ct);
        }
        catch (ProblemException e)
        {
            throw ImageErrors.Of(e.Problem);
        }

        var place = manifest.DescribedBy ?? "";
        var isLocal = place.StartsWith('/');
        var content = isLocal ? await ReadAsync(place, ct) ?? throw Errors.LocalNotFound(place) : await DownloadAsync(HttpUrl.Parse(place), temporary, log, ct);
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));
        if (pinned is not null && pinned != digest) throw Errors.SourceDigestMismatch(isLocal ? place : HttpUrl.Parse(place).Shown, pinned, digest, "the lock file");

        var name = (isLocal ? Path.GetFileName(place) : HttpUrl.Parse(place).FileName) is { } own && (own.EndsWith(".yml", StringComparison.Ordinal) || own.EndsWith(".yaml", StringComparison.Ordinal))
            ? own : OmsReader.FileNames[0];
        await File.WriteAllBytesAsync(Path.Combine(target, name), content, ct);
        await Companions.TakeAsync(target, name, async path => isLocal
            ? await ReadAsync(Path.Combine(Path.GetDirectoryName(place)!, path), ct)
            : await DownloadAsync(HttpUrl.Parse(new Uri(new Uri(place), path).ToString()), temporary, log, ct), log, ct);
        return new Fetched(null, digest, Description: name);
    }

    /// <returns>Null: there is no such file.</returns>
    private async Task<byte[]?> ReadAsync(string path, CancellationToken ct)
    {
        if (LocalPath.Real(path) is null) return null;
        var real = roots.Check(path);
        return Posix.Look(real) switch
        {
            { Kind: Posix.Kind.File, Size: <= MaxFileBytes } => await File.ReadAllBytesAsync(real, ct),
            { Kind: Posix.Kind.File } => throw ServiceErrors.DescriptionNoFile(path, $"has more than {MaxFileBytes} bytes"),
            _ => throw ServiceErrors.DescriptionNoFile(path, "is not a file"),
        };
    }

    private async Task<byte[]> DownloadAsync(HttpUrl url, string temporary, InstallLog log, CancellationToken ct)
    {
        var file = Path.Combine(temporary, "description");
        await download.RunAsync(url, file, log, (_, _) => { }, ct);
        if (new FileInfo(file).Length > MaxFileBytes) throw ServiceErrors.DescriptionNoFile(url.Shown, $"has more than {MaxFileBytes} bytes");
        var content = await File.ReadAllBytesAsync(file, ct);
        File.Delete(file);
        return content;
    }
}
