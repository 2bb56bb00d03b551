using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Which environment variables a resource gets, by the names that Aspire 13 documents.</summary>
internal static class EnvironmentContract
{
    /// <summary>What a child does not inherit from the AppHost.</summary>
    private static readonly HashSet<string> notInherited =
        ["ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE", "ASPIRE_LOGLEVEL"];

    /// <summary>Besides, narrower than the official package: parameters and connection strings go to whom the model gives them.</summary>
    internal static void RemoveNotInherited(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.ToList())
        {
            if (notInherited.Contains(name) || name.StartsWith("Parameters__", StringComparison.OrdinalIgnoreCase) || name.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase))
                environment.Remove(name);
        }
    }

    internal static EnvironmentAnnotation ConnectionString(IResourceWithConnectionString source, string? connectionName, bool optional) => new(async (environment, cancellationToken) =>
    {
        var name = connectionName ?? source.Name;
        var value = await source.GetConnectionStringAsync(cancellationToken);
        if (string.IsNullOrEmpty(value))
        {
            if (optional)
                return;
            throw new DistributedApplicationException($"The connection string of '{source.Name}' is empty.");
        }
        environment[source.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}"] = value;
        foreach (var (property, expression) in source.GetConnectionProperties())
            environment[$"{Encode(name)}_{property.ToUpperInvariant()}"] = await expression.GetValueAsync(cancellationToken) ?? "";
    });

    internal static EnvironmentAnnotation ServiceDiscovery(IResourceWithServiceDiscovery source) => new(async (environment, cancellationToken) =>
    {
        var counts = new Dictionary<string, int>();
        foreach (var endpoint in source.Endpoints())
        {
            var url = await endpoint.UrlValue.GetValueAsync(cancellationToken) ?? "";
            var key = endpoint.Name is "http" or "https" ? endpoint.UriScheme : endpoint.Name;
            var index = counts.GetValueOrDefault(key);
            counts[key] = index + 1;
            environment[string.Create(CultureInfo.InvariantCulture, $"services__{source.Name}__{key}__{index}")] = url;
            environment[$"{Encode(source.Name)}_{Encode(endpoint.Name)}"] = url;
        }
    });

    /// <param name="port">Where the process is to listen.</param>
    internal static void Urls(ProjectResource project, ProjectSettings settings, Func<EndpointAnnotation, int> port, IDictionary<string, string> environment)
    {
        var endpoints = project.Endpoints().Where(e => e.UriScheme is "http" or "https").ToList();
        foreach (var endpoint in endpoints.Where(e => e.FromKestrelConfiguration))
            environment[$"Kestrel__Endpoints__{endpoint.Name}__Url"] = endpoint.UrlAt(port(endpoint));
        if (settings.KestrelEndpoints.Count == 0 && endpoints.Count > 0)
            environment["ASPNETCORE_URLS"] = string.Join(';', endpoints.Select(e => e.UrlAt(port(e))));
        if (endpoints.FirstOrDefault(e => e.UriScheme == "https") is { } https)
            environment["ASPNETCORE_HTTPS_PORT"] = https.AllocatedPort.Result.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Without a dashboard the collector is what ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL (gRPC) or …_OTLP_HTTP_ENDPOINT_URL names; neither: nothing is exported.</summary>
    internal static void Telemetry(string name, IConfiguration configuration, IDictionary<string, string> environment)
    {
        environment["OTEL_SERVICE_NAME"] = name;
        environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        var (endpoint, protocol) = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] is { Length: > 0 } grpc ? (grpc, "grpc")
            : configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] is { Length: > 0 } http ? (http, "http/protobuf")
            : (null, null);
        if (endpoint is not null)
        {
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol!;
            if (configuration["AppHost:OtlpApiKey"] is { Length: > 0 } key)
                environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
        }
        environment["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        environment["OTEL_BLRP_SCHEDULE_DELAY"] = environment["OTEL_BSP_SCHEDULE_DELAY"] = environment["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        environment["OTEL_TRACES_SAMPLER"] = "always_on";
        environment["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        environment["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
    }

    /// <summary>registry-db → REGISTRY_DB.</summary>
    private static string Encode(string name)
    {
        var encoded = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
        return char.IsAsciiDigit(encoded[0]) ? "_" + encoded : encoded;
    }
}
