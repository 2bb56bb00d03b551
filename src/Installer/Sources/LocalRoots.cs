using Microsoft.Extensions.Options;

namespace Platform.Installer.Sources;

/// <summary>The rule for everything that is read from this machine: below a configured root, never the data folder.</summary>
internal sealed class LocalRoots(IOptions<LocalOptions> options, DataFolder data)
{
    /// <summary>The path with every link resolved, which is what was checked and therefore what must be used.</summary>
    public string Check(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0')) throw Errors.LocalNotAllowed(path.Replace('\0', '\ufffd'), "it is not an absolute path");
        // Where something is outside the roots, an answer of "not found" would tell what exists there.
        var real = Posix.RealPath(path);
        if (real is null && !UnderRoots(Path.GetFullPath(path))) throw Errors.LocalNotAllowed(path, "it is not below a folder of Local:Roots");
        if (real is null) throw Errors.LocalNotFound(path);
        if (!UnderRoots(real)) throw Errors.LocalNotAllowed(path, "it is not below a folder of Local:Roots");
        if (Forbidden().Any(folder => Within(real, folder) || Within(folder, real))) throw Errors.LocalNotAllowed(path, "it is, or holds, the platform's own data");
        return real;
    }

    private bool UnderRoots(string path) =>
        options.Value.Roots.Any(root => Posix.RealPath(root) is { } real && Within(path, real));

    private IEnumerable<string> Forbidden() =>
        options.Value.Never.Select(folder => Posix.RealPath(folder) ?? Path.GetFullPath(folder)).Append(data.Root);

    private static bool Within(string path, string folder) =>
        path == folder || folder == "/" || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
