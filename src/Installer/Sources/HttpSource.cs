using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Sources;

/// <summary>A file by http or https: an archive, whose files are the connector's, or a program, which is the only one.</summary>
internal sealed class HttpSource(Download download, Archives archives, IOptions<InstallOptions> options)
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <param name="pinned">sha256 that a lock file wants, besides the manifest's own; null: none.</param>
    /// <returns>The sha256 of the downloaded file.</returns>
    public async Task<string> FetchAsync(
        Guid install, Manifest manifest, string? pinned, string target, string temporary, InstallLog log, Action<long, long?> onProgress, CancellationToken ct)
    {
        var subdir = Subdir.Checked(manifest.Subdir);
        var url = HttpUrl.Parse(manifest.Uri);
        var file = Path.Combine(temporary, "download");
        var digest = await download.RunAsync(url, file, log, onProgress, ct);
        foreach (var (expected, by) in ((string?, string)[])[(manifest.Sha256, "the manifest"), (pinned, "the lock file")])
            if (!string.IsNullOrEmpty(expected) && !string.Equals(expected, digest, StringComparison.OrdinalIgnoreCase)) throw Errors.SourceDigestMismatch(url.Shown, expected, digest, by);

        var kind = FileKind.OfFile(file);
        if (kind is null or "html")
        {
            if (kind is not null && !url.IsPage) throw Errors.DownloadIsHtml(url.Shown);
            if (subdir is not null) throw Errors.SubdirNotFound(subdir, "can't be: the download is a single file, not an archive");
            var name = url.FileName ?? throw Errors.BadHttpUrl("its path does not end with the name of the file, which the connector's only file would get");
            File.Move(file, Path.Combine(target, name));
            File.SetUnixFileMode(Path.Combine(target, name), Executable);
            return digest;
        }
        var unpacked = Directory.CreateDirectory(Path.Combine(temporary, "unpacked")).FullName;
        log.Note($"unpacking as {kind}");
        await archives.UnpackAsync(install, kind, file, unpacked, ct);
        File.Delete(file);
        Subdir.Take(unpacked, subdir, target, options.Value, ct);
        return digest;
    }
}
