using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.Runner.Tests;

/// <summary>A connection that is deleted: nothing of it goes on.</summary>
public sealed class ForgetConnectionTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    [Fact]
    public async Task Its_schedules_go_its_runs_and_actions_are_cancelled_and_others_are_not()
    {
        var running = await StartRunAsync("""{"mode": "hang"}""", "deleted");
        await runner.WaitForStateAsync(running, RunTimeout, "running");
        var queued = Id(await runner.StartRunAsync("deleted"));
        var other = await StartRunAsync("""{"mode": "hang"}""", "other");
        Assert.NotEqual(running, queued);
        await runner.WaitForStateAsync(other, RunTimeout, "running");

        await using var rows = new NpgsqlConnection(database);
        var id = await rows.ExecuteScalarAsync<Guid>("select connection_id from runs where id = @id", new { id = Guid.Parse(running) });
        foreach (var connection in (string[])["deleted", "other"])
        {
            using var schedule = await runner.Client.PostAsJsonAsync("/v1/schedules", new { connection, interval = "1h" }, TestContext.Current.CancellationToken);
            Assert.True(schedule.IsSuccessStatusCode);
        }

        // As if another replica carried them out.
        await rows.ExecuteAsync(
            """
            insert into invocations (id, connection_id, connection, connector, action, arguments, mutates, exclusive, state, lease_until)
            select gen_random_uuid(), connection_id, connection, connector, 'look', '{}', false, false, 'queued', now() + interval '1 hour' from runs where state = 'running'
            """);
        await PublishAsync(new ConnectionDeleted(id, "deleted", "files"));

        await runner.WaitForStateAsync(running, RunTimeout, "cancelled");
        await runner.WaitForStateAsync(queued, RunTimeout, "cancelled");
        await Wait.ForAsync("its action is told to end", async () => await LeftAsync("invocations where cancel_requested_at is null") == "other", RunTimeout);
        Assert.Equal("other", await LeftAsync("schedules"));
        Assert.Equal("running", (await runner.RunAsync(other)).GetProperty("state").GetString());
        await CancelAsync(other);

        Task<string?> LeftAsync(string rowsOf) => rows.ExecuteScalarAsync<string>($"select string_agg(connection, ' ') from {rowsOf}");
    }

    private async Task PublishAsync(ConnectionDeleted deleted)
    {
        await using var connection = await new ConnectionFactory { Uri = new(Servers.RabbitMqUri) }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await Wait.ForAsync("the queue of deleted connections is consumed", () => Record.ExceptionAsync(async () =>
        {
            await using var probe = await connection.CreateChannelAsync();
            Assert.Equal(1U, await probe.ConsumerCountAsync("runner-connection.deleted"));
        }).GetAwaiter().GetResult() is null, RunTimeout);
        await channel.BasicPublishAsync(
            EventBroker.Exchange, $"{EventTypes.ConnectionDeleted}.files", JsonSerializer.SerializeToUtf8Bytes(deleted, PlatformJson.Options), TestContext.Current.CancellationToken);
    }
}
