using System.Text.Json;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms;

/// <summary>One version of a described service, as its bundle says.</summary>
internal sealed record ServiceVersion(OmsService Service, ServiceRuntime Runtime)
{
    /// <summary>The file with the descriptors of an action's RPC interface, relative to the bundle; null: there is none.</summary>
    public string? DescriptorsOf(OmsAction action) => Runtime.Descriptors?.GetValueOrDefault(action.Name);
}

/// <summary>Versions of described services, whose YAML no action should wait for.</summary>
internal sealed class ServiceVersions
{
    private readonly OncePerBundle<ServiceVersion> versions = new(Read);

    /// <exception cref="RunFaultException"><c>bad_service_bundle</c>.</exception>
    public ServiceVersion Read(ConnectorLaunch launch) => versions.Read(launch);

    private static ServiceVersion Read(string bundle)
    {
        try
        {
            var runtime = JsonSerializer.Deserialize<ServiceRuntime>(File.ReadAllBytes(Path.Combine(bundle, ServiceRuntime.Path)), PlatformJson.Options)
                ?? throw new JsonException("it is null");
            using var description = File.OpenRead(Path.Combine(bundle, runtime.Description));
            return new(OmsReader.Read(runtime.Description, description), runtime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or OmsFormatException)
        {
            throw ServiceFaults.BadBundle(e.Message);
        }
    }
}
