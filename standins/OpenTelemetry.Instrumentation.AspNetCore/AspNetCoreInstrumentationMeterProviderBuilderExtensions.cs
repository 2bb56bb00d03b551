namespace OpenTelemetry.Metrics;

public static class AspNetCoreInstrumentationMeterProviderBuilderExtensions
{
    public static MeterProviderBuilder AddAspNetCoreInstrumentation(this MeterProviderBuilder builder) =>
        builder.AddMeter(
            "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections",
            "Microsoft.AspNetCore.Routing", "Microsoft.AspNetCore.Diagnostics", "Microsoft.AspNetCore.RateLimiting");
}
