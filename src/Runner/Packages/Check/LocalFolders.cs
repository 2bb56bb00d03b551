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

/// <summary>Folders of this machine that callers name.</summary>
internal sealed class LocalFolders(IOptions<LocalSettings> settings)
{
    /// <inheritdoc cref="LocalPath.Check"/>
    /// <exception cref="ProblemException">403 <c>local_not_allowed</c>, or 422 <c>local_not_found</c>.</exception>
    public string Check(string path)
    {
        var real = LocalPath.Check(path, settings.Value.Roots, settings.Value.Never, out var refusal);
        if (refusal is not null)
            throw new ProblemException(new(
                "local_not_allowed", 403, "The folder can't be used", $"{path.Replace('\0', '\ufffd')} can't be used: {refusal}.", "Use a folder below Local:Roots, or add its parent there."));
        return Directory.Exists(real) ? real : throw new ProblemException(new("local_not_found", 422, "There is no such folder", $"There is no folder {path}.", "Correct the path."));
    }
}
