using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Platform.Gateway.Events;
using Platform.Servers;

namespace Platform.Gateway.Tests.Events;

/// <summary>Events as clients read them. No broker is there: the gateway starts without, and serves what it has.</summary>
public sealed class EventStreamTests(ServersFixture servers) : IAsyncLifetime
{
    private GatewayReplica gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayReplica.StartAsync(servers.PostgresConnectionString("events"));

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task A_page_filters_by_type_and_connection_and_goes_on_by_its_cursor()
    {
        await gateway.AppendAsync([.. Enumerable.Range(0, 5).SelectMany(i => (ServiceDefaults.ReceivedEvent[])
            [GatewayReplica.Event("sync.completed", "orders", number: i), GatewayReplica.Event("sync.failed", "docs", number: i), GatewayReplica.Event("connector.deleted", number: i)])]);

        var first = await gateway.GetAsync("/v1/events?type=sync.*&connection=orders&limit=3");
        var second = await gateway.GetAsync($"/v1/events?type=sync.*&connection=orders&limit=3&cursor={first.GetProperty("next").GetString()}");

        Assert.Equal([0, 1, 2, 3, 4], Items(first).Concat(Items(second)).Select(item => item.GetProperty("event").GetProperty("data").GetProperty("number").GetInt32()));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        Assert.Equal([1, 4, 7], Items(first).Select(item => item.GetProperty("id").GetInt64()));
        Assert.Equal(15, Items(await gateway.GetAsync("/v1/events")).Count());
        Assert.Equal(10, Items(await gateway.GetAsync("/v1/events?type=sync.failed&type=connector.*")).Count());
        Assert.Equal([14, 15], Items(await gateway.GetAsync("/v1/events?after=13")).Select(item => item.GetProperty("id").GetInt64()));
    }

    [Fact]
    public async Task A_stream_has_cloud_events_and_only_those_that_it_asks_for()
    {
        using var response = await gateway.OpenAsync("?type=sync.*&connection=orders");
        await gateway.AppendAsync(GatewayReplica.Event("sync.failed", "docs"), GatewayReplica.Event("connection.created", "orders"));
        await gateway.AppendAsync(GatewayReplica.Event("sync.failed", "orders", id: "one", number: 7));

        var (id, type, e) = await GatewayReplica.EventsOf(response).FirstAsync(TestContext.Current.CancellationToken);

        Assert.Equal((3, "sync.failed"), (id, type));
        Assert.Equal(("1.0", "one", "sync.failed", "/test", 7), (
            e.GetProperty("specversion").GetString(), e.GetProperty("id").GetString(), e.GetProperty("type").GetString(), e.GetProperty("source").GetString(),
            e.GetProperty("data").GetProperty("number").GetInt32()));
        Assert.True(e.GetProperty("time").TryGetDateTimeOffset(out _));
    }

    [Fact]
    public async Task A_client_that_comes_again_misses_nothing_whether_its_connection_broke_or_the_gateway_was_started_anew()
    {
        const int all = 600;
        List<long> seen = [];
        var writing = WriteAsync(0, 200);
        await ReadAsync("?from=beginning", 120);
        await writing;
        // The connection is cut in the middle of what it brings; then the gateway goes, and more happens before it is there again.
        writing = WriteAsync(200, 400);
        await ReadAsync("", 150);
        await writing;
        await gateway.DisposeAsync();
        gateway = await GatewayReplica.StartAsync(gateway.Database);
        writing = WriteAsync(400, all);
        await ReadAsync("", all - seen.Count);
        await writing;

        Assert.Equal(Enumerable.Range(1, all).Select(i => (long)i), seen);

        async Task WriteAsync(int from, int to)
        {
            for (var i = from; i < to; i += 10) await gateway.AppendAsync([.. Enumerable.Range(i, 10).Select(number => GatewayReplica.Event("sync.progressed", "docs", number: number))]);
        }

        async Task ReadAsync(string query, int count)
        {
            using var response = await gateway.OpenAsync(query, seen.Count == 0 ? null : seen[^1]);
            await foreach (var (id, _, _) in GatewayReplica.EventsOf(response).Take(count)) seen.Add(id);
        }
    }

    [Fact]
    public async Task A_restricted_token_sees_the_events_of_its_connections_and_none_that_are_about_no_connection()
    {
        var token = await gateway.TokenAsync("events:read:orders-*");
        using var live = await gateway.OpenAsync("", token: token);
        await gateway.AppendAsync(
            GatewayReplica.Event("sync.failed", "docs"), GatewayReplica.Event("connector.deleted"), GatewayReplica.Event("sync.failed", "orders-eu"), GatewayReplica.Event("sync.failed", "orders"));
        await gateway.AppendAsync(GatewayReplica.Event("sync.completed", "orders-us"));

        Assert.Equal([3L, 5L], await GatewayReplica.EventsOf(live).Take(2).Select(e => e.Id).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal([3L, 5L], Items(await gateway.GetAsync("/v1/events", token)).Select(item => item.GetProperty("id").GetInt64()));
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Get, "/v1/events?connection=docs", token: token), HttpStatusCode.Forbidden, "insufficient_scope");
        await ProblemAsync(
            await gateway.SendAsync(HttpMethod.Get, "/v1/events", token: await gateway.TokenAsync("runs:read")), HttpStatusCode.Forbidden, "insufficient_scope");
    }

    [Fact]
    public async Task What_is_not_kept_any_more_is_gone_and_the_answer_says_how_to_go_on()
    {
        await gateway.AppendAsync([.. Enumerable.Range(0, 10).Select(i => GatewayReplica.Event("sync.failed", "docs", number: i))]);
        await gateway.ExecuteAsync("UPDATE events SET received_at = now() - interval '8 days' WHERE seq <= 6");

        Assert.Equal(6, await gateway.Store.PurgeAsync(TimeSpan.FromDays(7), TestContext.Current.CancellationToken));
        Assert.Equal(0, await gateway.Store.PurgeAsync(TimeSpan.FromDays(7), TestContext.Current.CancellationToken));

        var problem = await ProblemAsync(await gateway.OpenAsync("", last: 5), HttpStatusCode.Gone, "events_gone");
        Assert.Equal((6, 10), (problem.GetProperty("kept_after").GetInt64(), problem.GetProperty("last").GetInt64()));
        Assert.Contains("from=beginning", problem.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        // Of another database, or made up.
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Get, "/v1/events?after=11"), HttpStatusCode.Gone, "events_gone");
        Assert.Equal([7, 8, 9, 10], Items(await gateway.GetAsync("/v1/events?after=6")).Select(item => item.GetProperty("id").GetInt64()));
        using var whole = await gateway.OpenAsync("?from=beginning");
        Assert.Equal(7, (await GatewayReplica.EventsOf(whole).FirstAsync(TestContext.Current.CancellationToken)).Id);
    }

    [Theory]
    [InlineData("?after=x", HttpStatusCode.BadRequest, "bad_event_position")]
    [InlineData("?from=yesterday", HttpStatusCode.BadRequest, "bad_event_position")]
    [InlineData("?limit=0", HttpStatusCode.BadRequest, "bad_limit")]
    [InlineData("?cursor=x", HttpStatusCode.BadRequest, "bad_cursor")]
    [InlineData("?type=snyc.failed&connection=a%20b", HttpStatusCode.UnprocessableEntity, "invalid_event_filter")]
    public async Task What_makes_no_sense_is_refused(string query, HttpStatusCode status, string code) =>
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Get, "/v1/events" + query), status, code);

    [Fact]
    public async Task A_stream_says_where_it_begins_before_its_first_event()
    {
        await gateway.AppendAsync(GatewayReplica.Event("sync.started", "docs"));
        var last = await gateway.CountAsync("SELECT last FROM event_log");
        await GatewayReplica.UntilAsync(() => Task.FromResult(gateway.Services.GetRequiredService<EventFeed>().Last == last), "the feed has it");
        using var response = await gateway.OpenAsync("");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith(":", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(GatewayReplica.Patience, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal($"id: {last}", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(GatewayReplica.Patience, TestContext.Current.CancellationToken));
        Assert.Equal("", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_place_that_makes_no_sense_is_named_as_it_was_given()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
        request.Headers.Add("Last-Event-ID", "abc");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains("Last-Event-ID is abc", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_ends_when_its_token_is_revoked()
    {
        var token = await gateway.TokenAsync("events:read");
        using var response = await gateway.OpenAsync("", token: token);
        await gateway.ExecuteAsync($"UPDATE tokens SET revoked_at = now() WHERE name <> 'bootstrap'");

        // The connection breaks: that reading loses its patience would be another exception.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await foreach (var _ in GatewayReplica.EventsOf(response)) Assert.Fail("No event came about.");
        });

        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.OpenAsync("", token: token)).StatusCode);
    }

    [Fact]
    public async Task A_slow_client_holds_up_nobody_and_gets_all_in_the_end()
    {
        const int all = 3000;
        var filling = new string('x', 4000);
        using var slow = await gateway.OpenAsync("");
        using var quick = await gateway.OpenAsync("");
        var reading = GatewayReplica.EventsOf(quick).Take(all).Select(e => e.Id).ToListAsync(TestContext.Current.CancellationToken);
        // 12 MB: more than sockets and the memory of recent events hold.
        for (var i = 0; i < all; i += 100) await gateway.AppendAsync([.. Enumerable.Range(i, 100).Select(_ => GatewayReplica.Event("sync.progressed", "docs", filling: filling))]);
        var ids = Enumerable.Range(1, all).Select(i => (long)i).ToList();
        Assert.Equal(ids, await reading);

        List<long> seen = [];
        for (var response = slow; seen.Count < all; response = await gateway.OpenAsync("", last: seen[^1]))
        {
            try
            {
                await foreach (var (id, _, _) in GatewayReplica.EventsOf(response).Take(all - seen.Count)) seen.Add(id);
            }
            catch (Exception e) when (e is IOException or HttpRequestException && seen.Count > 0)
            {
                // Cut off, as it read nothing for too long: it comes again.
            }
        }

        Assert.Equal(ids, seen);
    }

    private static IEnumerable<JsonElement> Items(JsonElement page) => page.GetProperty("items").EnumerateArray();

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var problem = await GatewayFixture.ProblemAsync(response);
        Assert.Equal((status, code), (response.StatusCode, problem.GetProperty("code").GetString()));
        return problem;
    }
}
