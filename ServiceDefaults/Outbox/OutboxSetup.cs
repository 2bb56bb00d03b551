using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults;

public static class OutboxSetup
{
    /// <summary>Makes the outbox table in the database of <see cref="DatabaseSetup.AddDatabase"/> and relays it to the broker (see <see cref="Outbox"/>).</summary>
    public static void AddOutbox(this IHostApplicationBuilder builder, string connectionName)
    {
        builder.AddEvents();
        builder.AddMigrations(connectionName, "outbox", () => Migrator.Read(typeof(Outbox).Assembly));
        builder.Services.AddSingleton<IHostedService>(services => new OutboxRelay(
            services.GetRequiredService<IConfiguration>().ConnectionString(connectionName),
            services.GetRequiredService<EventBroker>(), services.GetRequiredService<ILogger<OutboxRelay>>()));
    }

    /// <summary>Only <see cref="EventPublisher"/> and <see cref="EventBroker"/>, over <c>ConnectionStrings:messaging</c>; part of <see cref="AddOutbox"/>.</summary>
    public static void AddEvents(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(s => s.ServiceType == typeof(EventBroker)))
            return;
        // A start does not wait for the broker. The health check would, with retries; the health of the bus (AddMessaging) says the same.
        builder.AddRabbitMQClient("messaging", settings =>
        {
            settings.DisableAutoActivation = true;
            settings.DisableHealthChecks = true;
        });
        builder.Services.TryAddSingleton<EventBroker>();
        builder.Services.TryAddSingleton<EventPublisher>();
    }
}
