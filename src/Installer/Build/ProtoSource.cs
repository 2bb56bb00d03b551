using System.Security.Cryptography;
using System.Text;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.Installer.Sources;

namespace Platform.Installer.Build;

/// <summary>Finds a .proto by what a service's description says of it: a path in its own source, a URL, or a file of a git repository.</summary>
internal sealed class ProtoSource(Download download, VcsSource vcs)
{
    private const long MaxBytes = 4 << 20;

    /// <param name="Root">The folder that it lies below, whose other files it may import.</param>
    /// <param name="Path">Relative to the root.</param>
    public sealed record Found(string Root, string Path);

    /// <param name="uri">
    /// Relative to the source; <c>http(s)://host/api.proto</c>; or a git URL followed by the path of the file, such as
    /// <c>git@host:group/repo.git/path/api.proto</c> or <c>https://host/group/repo.git/path/api.proto</c>, with <c>#ref</c> for another than the default branch.
    /// </param>
    /// <param name="fetch">An empty folder for what is fetched.</param>
    public async Task<Found> FindAsync(Guid install, string uri, string source, string fetch, InstallLog log, CancellationToken ct)
    {
        if (Repository(uri) is var (repository, path, reference))
        {
            var target = Directory.CreateDirectory(Path.Combine(fetch, "source")).FullName;
            await vcs.FetchAsync(install, new Manifest("proto", null, "VCS", repository, null, null, "", reference), null, target, fetch, log, ct);
            return Checked(uri, target, path);
        }
        if (uri.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || uri.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            var url = HttpUrl.Parse(uri);
            var target = Directory.CreateDirectory(Path.Combine(fetch, "source")).FullName;
            var file = Path.Combine(fetch, "download");
            await download.RunAsync(url, file, log, (_, _) => { }, ct);
            File.Move(file, Path.Combine(target, Name(url)));
            return Checked(url.Shown, target, Name(url));
        }
        return uri.Contains("://", StringComparison.Ordinal)
            ? throw ProtoErrors.BadUri(uri, "its scheme is none that a .proto can be fetched by")
            : Checked(uri, source, uri.StartsWith("./", StringComparison.Ordinal) ? uri[2..] : uri);
    }

    /// <summary>A git URL and what follows its <c>.git/</c>; null: it is none.</summary>
    private static (string Repository, string Path, string? Reference)? Repository(string uri)
    {
        const string end = ".git/";
        var isRemote = uri.Contains("://", StringComparison.Ordinal) || (uri.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && uri.IndexOf(':', at) > at);
        var split = uri.IndexOf(end, StringComparison.Ordinal);
        if (!isRemote || split < 0) return null;
        var rest = uri[(split + end.Length)..];
        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        return (uri[..(split + end.Length - 1)], hash < 0 ? rest : rest[..hash], hash < 0 ? null : rest[(hash + 1)..]);
    }

    /// <summary>Words of a URL are no file names: its bytes decide, where its last segment would not do.</summary>
    private static string Name(HttpUrl url) => url.FileName is { } name && !name.StartsWith('-')
        ? name.EndsWith(".proto", StringComparison.Ordinal) ? name : name + ".proto"
        : $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.Shown)))[..8]}.proto";

    private static Found Checked(string uri, string root, string path)
    {
        // Also what protoc would take for something else: an option, an argument file, a list of plugins.
        if (path.Length == 0 || path.StartsWith('/') || path.StartsWith('-') || path.StartsWith('@') || path.Any(c => char.IsControl(c) || c is ':' or '\\')
            || path.Split('/').Any(part => part is "" or "." or ".." or ".git"))
            throw ProtoErrors.BadUri(uri, "its path is not one of a file below the source");
        return Posix.Look(Path.Combine(root, path)) switch
        {
            null => throw ProtoErrors.NotFound(uri),
            { Kind: Posix.Kind.File } file when file.Size > MaxBytes => throw ProtoErrors.TooLarge(uri, MaxBytes),
            // Links are followed in the sandbox alone, which sees no more than an install command does.
            { Kind: Posix.Kind.File or Posix.Kind.Link } => new Found(root, path),
            _ => throw ProtoErrors.NotFound(uri),
        };
    }
}
