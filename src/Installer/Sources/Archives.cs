using System.IO.Compression;
using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>Unpacks a downloaded archive. Only files and folders come out of it, and of their modes only whether a file is executable.</summary>
internal sealed class Archives(IOptions<InstallOptions> options)
{
    /// <param name="kind">See <see cref="FileKind.Of"/>: zip, tar, gzip or xz.</param>
    /// <param name="target">An empty folder; half full after an error.</param>
    public async Task UnpackAsync(Guid install, string kind, string file, string target, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("unpack");
        activity?.SetTag("archive", kind);
        var limits = options.Value;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limits.UnpackTimeLimit);
        try
        {
            await Task.Run(() => Unpack(install, kind, file, target, limits, deadline.Token), deadline.Token);
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            ct.ThrowIfCancellationRequested();
            throw Errors.ArchiveTimedOut(limits.UnpackTimeLimit);
        }
        // What the readers of .NET throw at a damaged file.
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException or NotSupportedException)
        {
            throw Errors.ArchiveDamaged(Named(kind), e is EndOfStreamException ? "it ends in the middle." : e.Message);
        }
    }

    private static void Unpack(Guid install, string kind, string file, string target, InstallOptions limits, CancellationToken ct)
    {
        using var packed = File.OpenRead(file);
        var unpacking = new Unpacking(target, packed.Length, limits);
        switch (kind)
        {
            case "zip":
                ZipEntries.Unpack(packed, unpacking, ct);
                break;
            case "tar":
                TarEntries.Unpack(packed, unpacking, ct);
                break;
            case "gzip":
                using (var plain = new GZipStream(packed, CompressionMode.Decompress)) UnpackTar(plain, unpacking, ct);
                break;
            case "xz":
                using (var plain = new XzStream(install, file, Path.GetDirectoryName(file)!, ct)) UnpackTar(plain, unpacking, ct);
                break;
            default:
                throw Errors.ArchiveUnsupported(kind);
        }
        unpacking.Finish(Named(kind));
    }

    private static void UnpackTar(Stream plain, Unpacking unpacking, CancellationToken ct)
    {
        using var buffered = new BufferedStream(plain, 64 * 1024);
        TarEntries.Unpack(buffered, unpacking, ct);
    }

    private static string Named(string kind) => kind is "gzip" or "xz" ? $".tar.{(kind == "gzip" ? "gz" : kind)}" : $".{kind}";
}
