using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>The rule for everything that is read from this machine: below a configured root, never the data folder.</summary>
internal sealed class LocalRoots(IOptions<LocalOptions> options, DataFolder data)
{
    /// <inheritdoc cref="LocalPath.Check"/>
    /// <exception cref="InstallFailedException">It may not be used, or is not there.</exception>
    public string Check(string path) => LocalPath.Check(path, options.Value.Roots, [.. options.Value.Never, data.Root], out var refusal)
        ?? throw (refusal is null ? Errors.LocalNotFound(path) : Errors.LocalNotAllowed(path.Replace('\0', '\ufffd'), refusal));

    /// <param name="path">With every link in it resolved.</param>
    public bool IsRoot(string path) => options.Value.Roots.Any(root => LocalPath.Real(root) == path);
}
