using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check;

/// <summary>The section <c>Local</c>, as the Installer has it.</summary>
internal sealed class LocalSettings
{
    public const string Section = "Local";

    /// <summary>Absolute folders that configurations must lie below; empty: none may.</summary>
    public string[] Roots { get; set; } = [];

    /// <summary>Absolute folders that no configuration may lie in, be, or hold: the platform's own data.</summary>
    public string[] Never { get; set; } = [];
}

/// <summary>The rule for folders of this machine that callers name: below a configured root, never the platform's data.</summary>
internal sealed partial class LocalFolders(IOptions<LocalSettings> settings)
{
    /// <returns>The path with every link resolved, which is what was checked and therefore what must be used.</returns>
    /// <exception cref="ProblemException">403 <c>local_not_allowed</c>, or 422 <c>local_not_found</c>.</exception>
    public string Check(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0'))
            throw NotAllowed("it is not an absolute path");
        // Where something is outside the roots, an answer of "not found" would tell what exists there.
        var real = RealPath(path);
        if (!settings.Value.Roots.Any(root => RealPath(root) is { } folder && IsWithin(real ?? Path.GetFullPath(path), folder)))
            throw NotAllowed("it is not below a folder of Local:Roots");
        if (real is null || !Directory.Exists(real))
            throw new ProblemException(new("local_not_found", 422, "There is no such folder", $"There is no folder {path}.", "Correct the path."));
        return settings.Value.Never.Select(never => RealPath(never) ?? Path.GetFullPath(never)).Any(never => IsWithin(real, never) || IsWithin(never, real))
            ? throw NotAllowed("it is, or holds, the platform's own data") : real;

        ProblemException NotAllowed(string why) => new(new(
            "local_not_allowed", 403, "The folder can't be used", $"{path.Replace('\0', '\ufffd')} can't be used: {why}.", "Use a folder below Local:Roots, or add its parent there."));
    }

    private static bool IsWithin(string path, string folder) => path == folder || folder == "/" || path.StartsWith(folder + "/", StringComparison.Ordinal);

    private static string? RealPath(string path)
    {
        var resolved = Resolve(path, 0);
        if (resolved == 0)
            return null;
        try
        {
            return Marshal.PtrToStringUTF8(resolved);
        }
        finally
        {
            Free(resolved);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Resolve(string path, nint resolved);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);
}
