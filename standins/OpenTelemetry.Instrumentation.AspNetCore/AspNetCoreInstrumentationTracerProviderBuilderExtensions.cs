using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace OpenTelemetry.Trace;

public static class AspNetCoreInstrumentationTracerProviderBuilderExtensions
{
    public static TracerProviderBuilder AddAspNetCoreInstrumentation(
        this TracerProviderBuilder builder, Action<AspNetCoreTraceInstrumentationOptions>? configureAspNetCoreTraceInstrumentationOptions)
    {
        builder.ConfigureServices(services =>
        {
            if (configureAspNetCoreTraceInstrumentationOptions is not null)
                services.Configure(configureAspNetCoreTraceInstrumentationOptions);
            services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, RequestActivityFilter>());
        });
        return builder.AddSource("Microsoft.AspNetCore");
    }
}
