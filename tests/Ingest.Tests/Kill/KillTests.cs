using Npgsql;
using Platform.Ingest.Tests.Model;
using Platform.Servers;

namespace Platform.Ingest.Tests.Kill;

/// <summary>SIGKILL at each named point of the load, the close, the sweep and the relay; after each the invariants, and the next service goes on.</summary>
public sealed class KillTests(ServersFixture servers)
{
    private static readonly string[] Points =
    [
        "page-received", "transaction-begun", "copied", "merged", "state-written", "committed", "acknowledged",
        "close-begun", "swept", "closed", "held-sweep-written", "held-sweep-committed", "event-published",
    ];

    [Fact]
    public Task Killed_once_at_every_point_nothing_is_lost_invented_or_told_twice() =>
        KillAsync(Random.Shared.Next(1_000_000_000), [.. Points.Select(point => (point, 1))]);

    [Theory]
    [Trait("Category", "Matrix")]
    [MemberData(nameof(Times))]
    public Task Killed_again_and_again_at_one_point(string point) =>
        KillAsync(Random.Shared.Next(1_000_000_000), [.. Enumerable.Range(1, 8).Select(time => (point, time))]);

    public static TheoryData<string> Times() => [.. Points];

    [Fact]
    public async Task A_transaction_that_breaks_at_any_point_is_done_again_and_nobody_notices()
    {
        var connectionString = servers.PostgresConnectionString("ingest");
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = IngestHost.TestApplication });
        using var connection = new ObservedConnection(database, Guid.CreateVersion7());
        await using var events = await EventQueue.BindAsync(servers.RabbitMqUri, connection.Model.ConnectionId);
        var caller = new PersistentCaller(connection, database, Random.Shared.Next());
        // In the calls' own reading and answering there is no transaction to do again.
        var points = Points.Except(["page-received", "acknowledged"]).ToList();
        await using var ingest = await IngestProcess.StartAsync(
            connectionString, servers.RabbitMqUri, [.. points.Select((point, i) => ($"FaultPoints__{point}", $"fail:{1 + (i % 3)}"))]);
        await Snapshot.PrepareAsync(database);
        for (var round = 0; round < 9; round++)
            await caller.RoundAsync(ingest.Replica);

        await connection.CheckAsync();
        var told = await connection.EventsAsync();
        await events.ArriveAsync(told);
        Assert.Equal(told, events.Arrived.Distinct());
        Assert.All(points, point => Assert.Contains($"Fault point {point}: fail", ingest.Output, StringComparison.Ordinal));
    }

    private async Task KillAsync(int seed, IReadOnlyList<(string Point, int Time)> kills)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}");
        var connectionString = servers.PostgresConnectionString("ingest");
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = IngestHost.TestApplication });
        using var connection = new ObservedConnection(database, Guid.CreateVersion7());
        await using var events = await EventQueue.BindAsync(servers.RabbitMqUri, connection.Model.ConnectionId);
        var caller = new PersistentCaller(connection, database, seed);
        var order = new Random(seed);
        var prepared = false;
        foreach (var (point, time) in kills.OrderBy(_ => order.Next()))
        {
            await using var ingest = await IngestProcess.StartAsync(connectionString, servers.RabbitMqUri, ($"FaultPoints__{point}", $"kill:{time}"));
            if (!prepared)
                await Snapshot.PrepareAsync(database);
            prepared = true;
            await caller.UntilBrokenAsync(ingest.Replica);
            Assert.True(await ingest.EndAsync() == IngestProcess.Killed, $"At {point} the service was not killed: {ingest.Output}");
            Assert.Contains($"Fault point {point}: kill", ingest.Output, StringComparison.Ordinal);
            await caller.SettleAsync();
        }

        await using (var last = await IngestProcess.StartAsync(connectionString, servers.RabbitMqUri))
        {
            for (var round = 0; round < 3; round++)
                await caller.RoundAsync(last.Replica);
            await connection.CheckAsync();
            var told = await connection.EventsAsync();
            await events.ArriveAsync(told);
            // A batch whose delete did not happen comes once more, whole and with its old ids; what comes first comes in order.
            Assert.Equal(told, events.Arrived.Distinct());
        }
    }
}
