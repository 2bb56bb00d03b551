using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Platform.Connectors.Tables.Configuration;

namespace Platform.Connectors.Tables.Serving;

/// <summary>A span for each request, child of the caller's, sent to a collector.</summary>
internal static class Telemetry
{
    private const int SendEvery = 1000;

    /// <returns>Sends the rest when it is disposed. Null: there is nowhere to send spans to, and nothing of this is even loaded.</returns>
    public static TracerProvider? Start(Settings settings) => settings.Telemetry is { } root ? Start(root, settings) : null;

    private static TracerProvider Start(Uri root, Settings settings) => Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(settings.ServiceName, autoGenerateServiceInstanceId: false))
        // The host's own, which reads the traceparent of the request.
        .AddSource("Microsoft.AspNetCore")
        .AddOtlpExporter(options =>
        {
            options.Protocol = settings.TelemetryOverHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
            // What the environment gives is the root; the exporter appends the path only to what it has read itself.
            options.Endpoint = settings.TelemetryOverHttp ? new(root.AbsoluteUri.TrimEnd('/') + "/v1/traces") : root;
            options.BatchExportProcessorOptions.ScheduledDelayMilliseconds = SendEvery;
            // A collector that does not answer must not hold up the end.
            options.TimeoutMilliseconds = 2000;
        })
        .Build();
}
