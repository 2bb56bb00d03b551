using System.Text.Json;
using Platform.Contracts;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Ndc;

/// <summary>How versions of packaged connectors run.</summary>
internal sealed class PackageVersions
{
    private readonly OncePerBundle<PackageRuntime> versions = new(Read);

    /// <exception cref="RunFaultException"><c>bad_package_bundle</c>.</exception>
    public PackageRuntime Read(ConnectorLaunch launch) => versions.Read(launch);

    private static PackageRuntime Read(string bundle)
    {
        try
        {
            var runtime = JsonSerializer.Deserialize<PackageRuntime>(File.ReadAllBytes(Path.Combine(bundle, PackageRuntime.Path)), PlatformJson.Options) ?? throw new JsonException("it is null");
            if (string.IsNullOrEmpty(runtime.Image))
                throw new JsonException("it names no image");
            // The bundle is the installer's word, and the folder is mounted all the same.
            return runtime.Configuration is { } folder && !LocalPath.IsWithin(Path.GetFullPath(Path.Combine(bundle, folder)).TrimEnd('/'), Path.GetFullPath(bundle).TrimEnd('/'))
                ? throw new JsonException("its configuration lies outside the bundle") : runtime;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw NdcServerFaults.BadBundle(e.Message);
        }
    }
}
