using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Platform.ServiceDefaults;

public static class MessagingSetup
{
    private const int Prefetch = 8;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Commands over MassTransit and <c>ConnectionStrings:messaging</c>. The queue of a consumer InstallConnectorConsumer in
    /// Platform.Installer is <c>installer-install-connector</c>. The host starts without the broker; publish with <see cref="CommandPublisher"/>.
    /// </summary>
    public static void AddMessaging(this IHostApplicationBuilder builder, Action<IBusRegistrationConfigurator>? configure = null)
    {
        var prefix = builder.Environment.ApplicationName.Split('.')[^1].ToLowerInvariant();
        builder.Services.AddOptions<MassTransitHostOptions>().Configure(options =>
        {
            options.WaitUntilStarted = false;
            options.StopTimeout = StopTimeout;
        });
        builder.Services.TryAddSingleton<CommandPublisher>();
        builder.Services.AddMassTransit(bus =>
        {
            // MassTransit would report each start, with its queues and versions, to its makers' server.
            bus.DisableUsageTelemetry();
            bus.SetEndpointNameFormatter(new KebabCaseEndpointNameFormatter(prefix, includeNamespace: false));
            configure?.Invoke(bus);
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(new Uri(context.GetRequiredService<IConfiguration>().ConnectionString("messaging")));
                rabbit.UseRawJsonSerializer(RawSerializerOptions.AnyMessageType, isDefault: true);
                rabbit.ConfigureJsonSerializerOptions(PlatformJson.Apply);
                rabbit.PrefetchCount = Prefetch;
                // What still fails then goes to the queue's _error queue.
                rabbit.UseMessageRetry(retry => retry.Intervals(100, 1000, 5000));
                rabbit.ConfigureEndpoints(context);
            });
        });
        // After MassTransit's own service, and so stopped before it.
        builder.Services.AddHostedService<StopOnceStarted>();
    }
}
