using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Platform.Servers;

/// <summary>
/// A PostgreSQL and a RabbitMQ of the test run's own, each started when it is first asked for and ended, with its data, at the end.
/// Use: <c>[assembly: AssemblyFixture(typeof(ServersFixture))]</c> and a constructor parameter.
/// </summary>
public sealed class ServersFixture : IAsyncLifetime
{
    private static readonly TimeSpan startTimeout = TimeSpan.FromSeconds(90);

    private readonly Lazy<Server> postgres = new(() => Start("postgresql", Directory.Exists("/usr/lib/postgresql"), "postgres", builder => builder.AddPostgres("postgres")));
    private readonly Lazy<Server> rabbitMq = new(() => Start("rabbitmq-server", File.Exists("/usr/lib/rabbitmq/bin/rabbitmq-server"), "messaging", builder => builder.AddRabbitMQ("messaging")));

    /// <summary>amqp://user:password@127.0.0.1:port; one broker for the whole test run, so give queues and exchanges names of their own.</summary>
    public string RabbitMqUri => rabbitMq.Value.ConnectionString;

    /// <summary>Creates an empty database and returns its connection string.</summary>
    /// <param name="database">What its name begins with; a random part follows, so that every call gives another database.</param>
    public string PostgresConnectionString(string database)
    {
        var server = postgres.Value.ConnectionString;
        var name = $"{database}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Database = "postgres", Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE \"{name}\"";
        command.ExecuteNonQuery();
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { postgres, rabbitMq }.Where(lazy => lazy.IsValueCreated))
            await server.Value.Application.DisposeAsync();
    }

    private static Server Start(string package, bool installed, string resource, Action<IDistributedApplicationBuilder> add)
    {
        if (!installed && Environment.GetEnvironmentVariable("CI") != "true")
            Assert.Skip($"The Debian package {package} is not installed.");
        return Task.Run(async () =>
        {
            using var timeout = new CancellationTokenSource(startTimeout);
            var builder = DistributedApplicationTestingBuilder.Create();
            add(builder);
            var application = await builder.BuildAsync(timeout.Token);
            try
            {
                await application.StartAsync(timeout.Token);
                await application.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
                return new Server(application, (await application.GetConnectionStringAsync(resource, timeout.Token))!);
            }
            catch (Exception)
            {
                await application.DisposeAsync();
                throw;
            }
        }).GetAwaiter().GetResult();
    }

    private sealed record Server(DistributedApplication Application, string ConnectionString);
}
