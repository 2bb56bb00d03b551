namespace OpenTelemetry.Metrics;

public static class MeterProviderBuilderExtensions
{
    public static MeterProviderBuilder AddRuntimeInstrumentation(this MeterProviderBuilder builder) =>
        builder.AddMeter("System.Runtime");
}
