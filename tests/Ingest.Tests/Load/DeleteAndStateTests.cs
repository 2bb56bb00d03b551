using System.Text.Json;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Servers;

namespace Platform.Ingest.Tests.Load;

public sealed class DeleteAndStateTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_page_of_deletes_tombstones_what_is_there()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 4));
        var keys = Pages.Encode(Pages.Object("key-1"), Pages.Object("key-3"), Pages.Object("unknown"));
        Assert.Equal(new Counts { Received = 3, Deleted = 2, Unchanged = 1 }, await session.LoadAsync(keys, deletes: true));
        Assert.Equal(new Counts { Received = 3, Unchanged = 3 }, await session.LoadAsync(keys, deletes: true));
        Assert.Equal(["key-1", "key-3"], await DeletedAsync());
        Assert.Equal(new Counts { Received = 1, Updated = 1 }, await session.LoadAsync(Pages.Encode(Pages.Object("key-1"))));
        Assert.Equal(["key-3"], await DeletedAsync());
        Assert.Equal(4L, await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects"));
    }

    [Fact]
    public async Task The_last_of_an_upsert_and_a_delete_wins_within_one_transaction_too()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 2));
        await using (await _host.LockAsync(_run))
        {
            // All four wait for the lock and so become one transaction, or at most two.
            await session.SendAsync(Pages.Encode(Pages.Object("key-0")), deletes: true);
            await session.SendAsync(Pages.Encode(Pages.Object("key-0", "new")));
            await session.SendAsync(Pages.Encode(Pages.Object("key-1", "new")));
            await session.SendAsync(Pages.Encode(Pages.Object("key-1")), deletes: true);
        }

        for (var page = 2UL; page <= 5; page++)
            await session.AckAsync(page);
        Assert.Equal(["key-1"], await DeletedAsync());
        Assert.Equal("new", await _host.QueryAsync<string>("SELECT metadata FROM objects WHERE remote_id = 'key-0'"));
    }

    [Fact]
    public async Task Explicit_deletes_of_a_run_that_fails_stay()
    {
        using (var session = await _host.OpenAsync(_run))
        {
            await session.LoadAsync(Pages.Range("key-", 0, 2));
            await session.LoadAsync(Pages.Encode(Pages.Object("key-0")), deletes: true);
        }

        var outcome = await _host.CloseAsync(_run, Outcome.Failed);
        Assert.Equal((1, 0), (outcome.Counts.Deleted, outcome.Counts.Swept));
        Assert.Equal(["key-0"], await DeletedAsync());
    }

    [Fact]
    public async Task A_delete_needs_nothing_but_a_key()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 1));
        Assert.Equal(
            new Counts { Received = 2, Deleted = 1, Rejected = 1 }, await session.LoadAsync(Pages.Encode(Pages.Object("key-0", "\0"), Pages.Object("")), deletes: true));
    }

    [Fact]
    public async Task The_state_is_committed_with_the_page_that_carries_it_and_handed_to_the_next_load()
    {
        using (var session = await _host.OpenAsync(_run))
        {
            Assert.Empty(session.States);
            await session.LoadAsync(Pages.Range("key-", 0, 1), "a", state: """{"at": 1}""");
            await session.LoadAsync(Pages.Encode(), "b", state: "");
            Assert.True(await _host.QueryAsync<bool>("SELECT (SELECT xmin::text FROM states WHERE stream = 'a') = (SELECT xmin::text FROM objects)"));
            await session.LoadAsync(Pages.Range("key-", 1, 1), "a", state: """{"at": 2}""");
            // A page without one leaves it as it is.
            await session.LoadAsync(Pages.Range("key-", 2, 1), "a");
        }

        using var next = await _host.OpenAsync(_run.Again());
        Assert.Equal(new Dictionary<string, string> { ["a"] = """{"at": 2}""", ["b"] = "" }, next.States);
        Assert.Equal(2L, await _host.QueryAsync<long>("SELECT version FROM states WHERE stream = 'a'"));
    }

    [Fact]
    public async Task A_stale_writer_writes_neither_objects_nor_state()
    {
        using var stale = await _host.OpenAsync(_run);
        await stale.LoadAsync(Pages.Encode(), state: "old");
        using var next = await _host.OpenAsync(_run.Again());
        await stale.SendAsync(Pages.Range("key-", 0, 1), flush: true, state: "stale");
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await stale.FailureAsync());
        Assert.Equal("old", await _host.QueryAsync<string>("SELECT convert_from(state, 'UTF8') FROM states"));
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM objects"));
    }

    [Fact]
    public async Task A_state_over_1_MiB_is_refused()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Encode(), state: new('s', 1 << 20));
        await session.SendAsync(Pages.Encode(), flush: true, state: new('s', (1 << 20) + 1));
        Assert.Equal((StatusCode.InvalidArgument, "state_too_large"), await session.FailureAsync());
    }

    [Fact]
    public async Task Changes_are_told_by_key_and_kind_in_chunks_to_who_asks_for_them()
    {
        using (var quiet = await _host.OpenAsync(_run))
            await quiet.LoadAsync(Pages.Range("key-", 0, 3));
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM outbox"));

        using var session = await _host.OpenAsync(_run.Again(), notifyChanges: true);
        await session.LoadAsync(Pages.Encode(Pages.Object("key-0"), Pages.Object("key-1", "new"), Pages.Object("key-3"), Pages.Object("")));
        var body = JsonDocument.Parse(await _host.QueryAsync<string>("SELECT body FROM outbox WHERE routing_key = 'objects.changed.files'")).RootElement;
        Assert.Equal((_run.RunId, _run.Connection, ""), (body.GetProperty("run_id").GetGuid(), body.GetProperty("connection").GetString(), body.GetProperty("stream").GetString()));
        Assert.Equal(
            [("key-1", "updated"), ("key-3", "inserted")],
            body.GetProperty("changes").EnumerateArray().Select(change => (change.GetProperty("remote_id").GetString(), change.GetProperty("change").GetString())));

        await session.LoadAsync(Pages.Range("more-", 0, 1201));
        Assert.Equal((int[])[2, 500, 500, 201], await _host.QueryAsync<int[]>("SELECT array_agg(jsonb_array_length(body::jsonb->'changes') ORDER BY seq) FROM outbox"));
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM outbox WHERE seq > 1 UNION SELECT xmin FROM objects WHERE remote_id LIKE 'more-%') x"));
        await session.LoadAsync(Pages.Encode(Pages.Object("key-0")), deletes: true);
        Assert.Equal("deleted", await _host.QueryAsync<string>("SELECT body::jsonb->'changes'->0->>'change' FROM outbox ORDER BY seq DESC LIMIT 1"));
    }

    private Task<string[]> DeletedAsync() => _host.QueryAsync<string[]>(
        "SELECT coalesce(array_agg(remote_id::text ORDER BY remote_id), '{}') FROM objects WHERE deleted_at IS NOT NULL");
}
