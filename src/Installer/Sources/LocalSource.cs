using Microsoft.Extensions.Options;
using Platform.Contracts;

namespace Platform.Installer.Sources;

/// <summary>A file or folder of this machine; it is copied, never built in place. A file becomes the only one of its connector.</summary>
internal sealed class LocalSource(LocalRoots roots, IOptions<InstallOptions> options)
{
    public Task FetchAsync(Manifest manifest, string target, CancellationToken ct) => Task.Run(() =>
    {
        var path = roots.Check(manifest.Uri);
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
    }, ct);
}
