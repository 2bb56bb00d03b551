using Npgsql;
using Platform.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace Platform.Standins.Tests.Hosting;

public sealed class PrivateServersTests(ServersFixture servers)
{
    [Fact]
    public async Task Postgres_gives_every_call_a_database_of_its_own_and_has_pg_stat_statements_loaded()
    {
        var first = servers.PostgresConnectionString("one");
        var second = servers.PostgresConnectionString("one");

        await using var source = NpgsqlDataSource.Create(first);
        await using var command = source.CreateCommand("SHOW shared_preload_libraries");
        Assert.Equal("pg_stat_statements", await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        Assert.NotEqual(new NpgsqlConnectionStringBuilder(first).Database, new NpgsqlConnectionStringBuilder(second).Database);
    }

    [Theory]
    [InlineData("")]
    [InlineData("guessed")]
    public async Task Postgres_refuses_whoever_does_not_know_the_password(string password)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(servers.PostgresConnectionString("closed")) { Password = password, Passfile = "/dev/null", Pooling = false };
        await using var connection = new NpgsqlConnection(connectionString.ConnectionString);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RabbitMQ_accepts_its_generated_user_and_refuses_guest()
    {
        var uri = new Uri(servers.RabbitMqUri);
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        Assert.True(connection.IsOpen);

        var guest = new ConnectionFactory { HostName = uri.Host, Port = uri.Port, UserName = "guest", Password = "guest" };
        var refusal = await Assert.ThrowsAsync<BrokerUnreachableException>(() => guest.CreateConnectionAsync(TestContext.Current.CancellationToken));
        Assert.IsType<AuthenticationFailureException>(refusal.InnerException);
    }
}
