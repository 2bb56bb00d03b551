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
        where T : class => builder.AddEventConsumer(QueueOf(builder, type), type, handler, ownQueue: false);

    /// <summary>
    /// Hands every event of a type that happens from now on to this process, whichever other replicas the service has: for what only the process itself can
    /// end. What happens while it is away from the broker it never hears of.
    /// </summary>
    /// <inheritdoc cref="AddEventConsumer{T}(IHostApplicationBuilder, string, Func{IServiceProvider, Func{T, CancellationToken, Task}})"/>
    public static void AddReplicaEventConsumer<T>(this IHostApplicationBuilder builder, string type, Func<IServiceProvider, Func<T, CancellationToken, Task>> handler)
        where T : class => builder.AddEventConsumer($"{QueueOf(builder, type)}-{Guid.NewGuid():N}", type, handler, ownQueue: true);

    /// <summary>
    /// Hands the events of all types to this service, many together and in their order (see <see cref="EventBatchConsumer"/>). The queue in Platform.Gateway is
    /// <c>gateway-events</c>; it is there, and collects events, from the service's first start on, and the service's replicas share it.
    /// </summary>
    /// <param name="handler">The effect of all is committed when it returns, of none when it throws, and it may be called again for the same events.</param>
    public static void AddEventBatchConsumer(this IHostApplicationBuilder builder, Func<IServiceProvider, Func<IReadOnlyList<ReceivedEvent>, CancellationToken, Task>> handler)
    {
        builder.AddEvents();
        builder.Services.AddSingleton<IHostedService>(services => new EventBatchConsumer(
            QueueOf(builder, "events"), services.GetRequiredService<EventBroker>(), handler(services), services.GetRequiredService<ILogger<EventBatchConsumer>>()));
    }

    private static void AddEventConsumer<T>(
        this IHostApplicationBuilder builder, string queue, string type, Func<IServiceProvider, Func<T, CancellationToken, Task>> handler, bool ownQueue)
        where T : class
    {
        builder.AddEvents();
        builder.Services.AddSingleton<IHostedService>(services => new EventConsumer<T>(
            queue, type, services.GetRequiredService<EventBroker>(), handler(services), services.GetRequiredService<ILogger<EventConsumer<T>>>(), ownQueue));
    }

    private static string QueueOf(IHostApplicationBuilder builder, string type) =>
        $"{builder.Environment.ApplicationName.Split('.')[^1].ToLowerInvariant()}-{type}";

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
