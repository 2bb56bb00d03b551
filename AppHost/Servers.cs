using Microsoft.Extensions.Configuration;

namespace Platform.AppHost;

/// <summary>Databases and broker: those that a connection string names, else private ones that come and go with the AppHost.</summary>
internal sealed class Servers(IDistributedApplicationBuilder builder, PlatformSettings settings)
{
    // Made when the first database needs it: with four connection strings given there is none.
    private readonly Lazy<IResourceBuilder<PostgresServerResource>> postgres = new(() =>
    {
        var server = builder.AddPostgres("postgres");
        return settings.Persistent ? server.WithDataVolume("postgres-data") : server;
    });

    internal IResourceBuilder<IResourceWithConnectionString> Database(string name) =>
        IsGiven(name) ? builder.AddConnectionString(name) : postgres.Value.AddDatabase(name);

    internal IResourceBuilder<IResourceWithConnectionString> Broker(string name)
    {
        if (IsGiven(name))
            return builder.AddConnectionString(name);
        var broker = builder.AddRabbitMQ(name);
        return settings.Persistent ? broker.WithDataVolume("messaging-data") : broker;
    }

    private bool IsGiven(string name) => !string.IsNullOrEmpty(builder.Configuration.GetConnectionString(name));
}
