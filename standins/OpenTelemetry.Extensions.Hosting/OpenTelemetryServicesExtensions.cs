using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.DependencyInjection;

public static class OpenTelemetryServicesExtensions
{
    public static OpenTelemetryBuilder AddOpenTelemetry(this IServiceCollection services)
    {
        // First of all hosted services, so that nothing that the others do at their start is missed.
        if (!services.Any(s => s.ImplementationType == typeof(ProvidersStart)))
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService, ProvidersStart>());
        return new OpenTelemetryBuilder(services);
    }

    /// <summary>A provider listens from the moment that it is made; the container disposes it, which flushes.</summary>
    private sealed class ProvidersStart(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            services.GetService<TracerProvider>();
            services.GetService<MeterProvider>();
            services.GetService<LoggerProvider>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
