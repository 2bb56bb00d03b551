using Docker.DotNet;
using Platform.Runner.Drivers.Servers;
using Platform.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>
/// What tells a packaged connector where its spans go. There are two pairs of names, that of the first draft and OpenTelemetry's own, which the SDKs
/// read: each connector gets both, with the same values.
/// </summary>
internal sealed class PackageTelemetry(ContainerEngine engine, IConfiguration configuration, IOptions<ServerSettings> settings)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <summary>Empty: this Runner has no endpoint, so connectors send nothing.</summary>
    public async Task<IReadOnlyDictionary<string, string>> VariablesAsync(string service, CancellationToken cancel)
    {
        var given = settings.Value.OtlpEndpoint ?? configuration[Endpoint];
        if (!Uri.TryCreate(given, UriKind.Absolute, out var endpoint))
            return new Dictionary<string, string>();
        if (endpoint.IsLoopback && await GatewayAsync(cancel) is { } gateway)
            endpoint = new UriBuilder(endpoint) { Host = gateway }.Uri;
        var root = endpoint.ToString().TrimEnd('/');
        return new Dictionary<string, string>
        {
            ["HASURA_OTLP_ENDPOINT"] = root,
            ["HASURA_OTEL_SERVICE_NAME"] = service,
            [Endpoint] = root,
            ["OTEL_SERVICE_NAME"] = service,
            [Protocol] = configuration[Protocol] ?? "grpc",
        };
    }

    // A container's own loopback is another one than this machine's.
    private async Task<string?> GatewayAsync(CancellationToken cancel)
    {
        try
        {
            await engine.EnsureNetworkAsync(cancel);
            var network = await engine.AskAsync(client => client.Networks.InspectNetworkAsync(ContainerEngine.Network, cancel));
            return network.IPAM?.Config?.FirstOrDefault(c => !string.IsNullOrEmpty(c.Gateway))?.Gateway;
        }
        catch (DockerApiException)
        {
            // Its start will say what is wrong.
            return null;
        }
    }
}
