using Platform.Ingest.Tests.Kill;
using Platform.Ingest.Tests.Model;
using Platform.Ingest.V1;
using Platform.Servers;

namespace Platform.Ingest.Tests.Events;

/// <summary>The whole way of events, from a load to a consumer's queue; the relay alone is tested beside it, in ServiceDefaults.</summary>
public sealed class OutageTests(ServersFixture servers)
{
    private const int PageObjects = 1_000;
    private static readonly TimeSpan OutboxTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan RelayTimeout = TimeSpan.FromSeconds(60);

    [Fact]
    public Task A_sync_goes_on_while_the_broker_is_away_and_every_change_is_told_later() => SyncWithoutBrokerAsync(100_000);

    [Fact]
    [Trait("Category", "Matrix")]
    public Task A_sync_of_a_million_objects_goes_on_while_the_broker_is_away() => SyncWithoutBrokerAsync(1_000_000);

    [Fact]
    public async Task Two_services_over_one_database_tell_everything_once_and_in_order()
    {
        var connectionString = servers.PostgresConnectionString("ingest");
        await using var one = await StartAsync(connectionString, servers.RabbitMqUri);
        await using var other = await StartAsync(connectionString, servers.RabbitMqUri);
        await Snapshot.PrepareAsync(one.Database);
        using var connection = new ObservedConnection(one.Database, Guid.CreateVersion7());
        await using var queue = await EventQueue.BindAsync(servers.RabbitMqUri, connection.Model.ConnectionId);
        var caller = new PersistentCaller(connection, one.Database, Random.Shared.Next());
        for (var round = 0; round < 6; round++)
            await caller.RoundAsync(new((round % 2 == 0 ? one : other).Ingest, IngestHost.Headers));
        await connection.CheckAsync();

        await EmptyAsync(one);
        var told = await connection.EventsAsync();
        await queue.ArriveAsync(told);
        Assert.Equal(told, queue.Arrived);
    }

    [Fact]
    public async Task When_the_service_that_relays_is_killed_the_other_one_takes_over()
    {
        var connectionString = servers.PostgresConnectionString("ingest");
        await using var relaying = await IngestProcess.StartAsync(connectionString, servers.RabbitMqUri);
        await using var host = await StartAsync(connectionString, servers.RabbitMqUri, () => relaying);
        await Snapshot.PrepareAsync(host.Database);
        using var connection = new ObservedConnection(host.Database, Guid.CreateVersion7());
        await using var queue = await EventQueue.BindAsync(servers.RabbitMqUri, connection.Model.ConnectionId);
        var caller = new PersistentCaller(connection, host.Database, Random.Shared.Next());
        await caller.RoundAsync(relaying.Replica);
        await queue.ArriveAsync(await connection.EventsAsync());

        relaying.Kill();
        await caller.RoundAsync(new(host.Ingest, IngestHost.Headers));
        var told = await connection.EventsAsync();
        await queue.ArriveAsync(told);
        // What was confirmed and not yet deleted comes again.
        Assert.Equal(told, queue.Arrived.Distinct());
    }

    private async Task SyncWithoutBrokerAsync(int objects)
    {
        await using var broker = RestartableServer.RabbitMq();
        await broker.StartAsync();
        var run = TestRun.New();
        await using var queue = await EventQueue.BindAsync(broker.ConnectionString, run.ConnectionId);
        await using var host = await StartAsync(servers.PostgresConnectionString("ingest"), broker.ConnectionString);
        await Snapshot.PrepareAsync(host.Database);

        // One event comes through; from then on there is no broker.
        await host.CloseAsync(run.Next(), Outcome.Cancelled);
        await EmptyAsync(host);
        await broker.StopAsync();
        using (var session = LoadSession.Start(host))
        {
            await session.SendAsync(new LoadMessage { Open = new() { Run = run.Identity, NotifyChanges = true } });
            await session.ReplyAsync();
            var sending = Task.Run(async () =>
            {
                for (var first = 0; first < objects; first += PageObjects)
                    await session.SendAsync(Pages.Range("k", first, PageObjects));
                await session.CompleteAsync();
            }, TestContext.Current.CancellationToken);
            for (var page = 1; page <= objects / PageObjects; page++)
                Assert.Equal(PageObjects, (await session.AckAsync((ulong)page)).Inserted);
            await sending;
        }

        Assert.Equal(objects, (await host.CloseAsync(run)).Counts.Inserted);
        var waiting = (objects / 500) + 1;
        Assert.InRange(await host.QueryAsync<long>("SELECT count(*) FROM outbox"), waiting, waiting + (objects / PageObjects));
        var told = (await Snapshot.ReadAsync(host.Database, run.ConnectionId)).Events.Select(e => e.Id).ToList();

        await broker.StartAsync();
        await queue.ArriveAsync(told);
        Assert.Equal(told, queue.Arrived.Distinct());
        var keys = queue.Bodies.DistinctBy(body => body.ToString()).Where(body => body.TryGetProperty("changes", out _))
            .SelectMany(body => body.GetProperty("changes").EnumerateArray()).Select(change => change.GetProperty("remote_id").GetString()!).ToList();
        Assert.Equal(objects, keys.Count);
        Assert.Equal(objects, keys.Distinct().Count());
        await EmptyAsync(host);
    }

    private static Task<IngestHost> StartAsync(string connectionString, string broker) =>
        IngestHost.StartAsync(connectionString, broker, ("Logging:LogLevel:Default", "Error"));

    /// <summary>Starts a second one once the first one's relay has the lock.</summary>
    private static async Task<IngestHost> StartAsync(string connectionString, string broker, Func<IngestProcess> first)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(connectionString);
        await using var relays = database.CreateCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'outbox relay' AND datname = current_database())");
        var started = TimeProvider.System.GetTimestamp();
        while ((long)(await relays.ExecuteScalarAsync(TestContext.Current.CancellationToken))! == 0)
            Assert.True(TimeProvider.System.GetElapsedTime(started) < RelayTimeout, $"The relay did not take its lock: {first().Output}");
        return await StartAsync(connectionString, broker);
    }

    private static async Task EmptyAsync(IngestHost host)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await host.QueryAsync<long>("SELECT count(*) FROM outbox") > 0)
            Assert.True(TimeProvider.System.GetElapsedTime(started) < OutboxTimeout, "The outbox was not emptied.");
    }
}
