using Npgsql;
using Platform.Gateway.Events;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests.Events;

public sealed class EventOrderTests(ServersFixture servers)
{
    [Fact]
    public async Task Ids_follow_the_commits_whoever_appends_and_an_event_that_comes_twice_is_there_once()
    {
        const int each = 60;
        var cancel = TestContext.Current.CancellationToken;
        var database = servers.PostgresConnectionString("order");
        await Migrator.ApplyAsync(database, "gateway", Migrator.Read(typeof(EventStore).Assembly), cancel);
        await using var source = NpgsqlDataSource.Create(database);
        var store = new EventStore(source);

        // Four that append, half of it the same; and a reader that must never find something behind where it was.
        var appending = Task.WhenAll(Enumerable.Range(0, 4).Select(appender => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
                await store.AppendAsync([Event($"shared-{i}"), Event($"own-{appender}-{i}"), Event($"own-{appender}-{i}")], cancel);
        }, cancel)));
        List<string> seen = [];
        var position = 0L;
        var ended = false;
        while (!ended)
        {
            ended = appending.IsCompleted;
            var (events, _) = (await store.ReadAsync(null, position, long.MaxValue, 1000, int.MaxValue, cancel))!.Value;
            foreach (var e in events)
            {
                Assert.Equal(++position, e.Seq);
                seen.Add(e.Id);
            }
        }

        await appending;
        Assert.Equal(5 * each, seen.Count);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        await using var count = source.CreateCommand("SELECT count(*) FROM events");
        Assert.Equal((long)seen.Count, await count.ExecuteScalarAsync(cancel));
        Assert.Equal(new EventStore.Extent(seen.Count, 0), await store.ExtentAsync(cancel));
    }

    private static ReceivedEvent Event(string id) => GatewayReplica.Event("sync.progressed", id: id);
}
