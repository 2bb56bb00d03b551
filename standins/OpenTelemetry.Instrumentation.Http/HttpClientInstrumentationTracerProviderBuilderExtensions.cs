namespace OpenTelemetry.Trace;

public static class HttpClientInstrumentationTracerProviderBuilderExtensions
{
    /// <summary>The runtime makes and tags these activities itself.</summary>
    public static TracerProviderBuilder AddHttpClientInstrumentation(this TracerProviderBuilder builder) =>
        builder.AddSource("System.Net.Http");
}
