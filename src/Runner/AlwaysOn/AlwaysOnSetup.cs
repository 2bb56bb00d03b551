using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Runner.AlwaysOn;

internal static class AlwaysOnSetup
{
    /// <summary>Behind <see cref="Drivers.DriverSetup.AddConnectorDrivers"/>, so that connectors are let go before their servers are ended.</summary>
    public static void AddAlwaysOn(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<KeptStart>().AddSingleton<KeepConnections>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<KeepConnections>());
        Wakes<ConnectionCreated>(EventTypes.ConnectionCreated);
        Wakes<ConnectionUpdated>(EventTypes.ConnectionUpdated);
        Wakes<ConnectionDeleted>(EventTypes.ConnectionDeleted);
        Wakes<ConnectorInstalled>(EventTypes.ConnectorInstalled);
        Wakes<ConnectorRolledBack>(EventTypes.ConnectorRolledBack);

        void Wakes<T>(string type)
            where T : class => builder.AddReplicaEventConsumer<T>(type, services => (_, _) =>
            {
                services.GetRequiredService<KeepConnections>().Wake();
                return Task.CompletedTask;
            });
    }
}
