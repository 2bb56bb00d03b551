using Microsoft.Extensions.Options;
using Platform.Contracts;

namespace Platform.Installer.Sources;

/// <summary>
/// A file or folder of this machine; it is copied, never built in place. A file becomes the only one of its connector, but for the archive of a packaged
/// connector, whose files are.
/// </summary>
internal sealed class LocalSource(LocalRoots roots, Archives archives, IOptions<InstallOptions> options)
{
    /// <param name="temporary">A folder for what is made on the way.</param>
    public async Task FetchAsync(Guid install, Manifest manifest, string target, string temporary, CancellationToken ct)
    {
        var path = roots.Check(manifest.Uri);
        if (manifest.IsPackage && Posix.Look(path) is { Kind: Posix.Kind.File } && FileKind.OfFile(path) is { } kind and not "html") await UnpackAsync(install, kind, path, target, temporary, ct);
        else await Task.Run(() => Copy(manifest, path, target, ct), ct);
    }

    private async Task UnpackAsync(Guid install, string kind, string path, string target, string temporary, CancellationToken ct)
    {
        // From a copy: beside it there is room for what unpacking needs, and nobody changes it meanwhile.
        var file = Path.Combine(temporary, "archive");
        if (new FileInfo(path).Length > options.Value.MaxBytes) throw Errors.TooLarge(options.Value.MaxBytes);
        File.Copy(path, file);
        var unpacked = Directory.CreateDirectory(Path.Combine(temporary, "unpacked")).FullName;
        await archives.UnpackAsync(install, kind, file, unpacked, ct);
        File.Delete(file);
        Subdir.Take(unpacked, null, target, options.Value, ct);
    }

    private void Copy(Manifest manifest, string path, string target, CancellationToken ct)
    {
        switch (Posix.Look(path))
        {
            case null:
                throw Errors.LocalNotFound(manifest.Uri);
            case { Kind: Posix.Kind.Folder }:
                Tree.Copy(path, target, options.Value, ct);
                break;
            case { Kind: Posix.Kind.File } file when file.Size > options.Value.MaxBytes:
                throw Errors.TooLarge(options.Value.MaxBytes);
            case { Kind: Posix.Kind.File } file:
                // Named as in the manifest, which a link in the path may call otherwise.
                Tree.CopyFile(path, Path.Combine(target, Path.GetFileName(manifest.Uri)), file.Executable);
                break;
            default:
                throw Errors.BadFile(manifest.Uri, "is a device, socket or pipe");
        }
    }
}
