namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>The folder in which a packaged connector finds its configuration.</summary>
internal static class PackageDirectory
{
    public const string Variable = "HASURA_CONFIGURATION_DIRECTORY";
    public const string Default = "/etc/connector";

    /// <summary>Where an image finds its configuration: images made with some SDKs have to preset it, and start from nowhere else.</summary>
    /// <param name="preset">The image's own environment, as name=value.</param>
    public static string Of(IEnumerable<string> preset)
    {
        var given = preset.FirstOrDefault(v => v.StartsWith(Variable + "=", StringComparison.Ordinal))?[(Variable.Length + 1)..].TrimEnd('/');
        return given is { Length: > 1 } && given[0] == '/' && given is not ("/tmp" or "/proc" or "/sys" or "/dev") ? given : Default;
    }
}
