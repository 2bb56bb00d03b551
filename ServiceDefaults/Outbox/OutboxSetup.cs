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

    /// <summary>
    /// Hands every event of a type to this service (see <see cref="EventConsumer{T}"/>). The queue of <c>connection.deleted</c> in Platform.Ingest is
    /// <c>ingest-connection.deleted</c>; it is there, and collects events, from the service's first start on.
    /// </summary>
    /// <param name="type">As in Contracts' EventTypes.</param>
    /// <param name="handler">Its effect is committed when it returns, and it may be called again for the same event.</param>
    public static void AddEventConsumer<T>(this IHostApplicationBuilder builder, string type, Func<IServiceProvider, Func<T, CancellationToken, Task>> handler)
        where T : class
    {
        builder.AddEvents();
        var queue = $"{builder.Environment.ApplicationName.Split('.')[^1].ToLowerInvariant()}-{type}";
        builder.Services.AddSingleton<IHostedService>(services => new EventConsumer<T>(
            queue, type, services.GetRequiredService<EventBroker>(), handler(services), services.GetRequiredService<ILogger<EventConsumer<T>>>()));
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
