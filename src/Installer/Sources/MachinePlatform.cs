using System.Runtime.InteropServices;
using Platform.Contracts;

namespace Platform.Installer.Sources;

/// <summary>What this machine is, in the words of a manifest's <c>platforms</c>.</summary>
internal static class MachinePlatform
{
    public static string Name { get; } = "linux/" + RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <exception cref="InstallFailedException"><c>platform_unsupported</c>.</exception>
    public static void Check(Manifest manifest)
    {
        if (manifest.Platforms is { Count: > 0 } platforms && !platforms.Contains(Name, StringComparer.Ordinal)) throw Errors.PlatformUnsupported(Name, platforms);
    }
}
