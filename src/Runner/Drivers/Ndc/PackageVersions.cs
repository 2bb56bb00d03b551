using System.Collections.Concurrent;
using System.Text.Json;
using Platform.Contracts;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Ndc;

/// <summary>How versions of packaged connectors run, each read once: a bundle never changes.</summary>
internal sealed class PackageVersions
{
    private const int MaxKept = 256;
    private readonly ConcurrentDictionary<string, PackageRuntime> kept = new(StringComparer.Ordinal);

    /// <exception cref="RunFaultException"><c>bad_package_bundle</c>.</exception>
    public PackageRuntime Read(ConnectorLaunch launch)
    {
        if (kept.TryGetValue(launch.Digest, out var known))
            return known;
        var read = Read(launch.Bundle);
        if (kept.Count >= MaxKept)
            kept.Clear();
        return launch.Digest.Length == 0 ? read : kept[launch.Digest] = read;
    }

    private static PackageRuntime Read(string bundle)
    {
        try
        {
            var runtime = JsonSerializer.Deserialize<PackageRuntime>(File.ReadAllBytes(Path.Combine(bundle, PackageRuntime.Path)), PlatformJson.Options) ?? throw new JsonException("it is null");
            if (string.IsNullOrEmpty(runtime.Image))
                throw new JsonException("it names no image");
            // The bundle is the installer's word, and the folder is mounted all the same.
            return runtime.Configuration is { } folder && !Path.GetFullPath(Path.Combine(bundle, folder)).StartsWith(Path.GetFullPath(bundle), StringComparison.Ordinal)
                ? throw new JsonException("its configuration lies outside the bundle") : runtime;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw NdcServerFaults.BadBundle(e.Message);
        }
    }
}
