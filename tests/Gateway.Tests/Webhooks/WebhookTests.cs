using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Platform.Gateway.Tests.Events;
using Platform.Servers;

namespace Platform.Gateway.Tests.Webhooks;

public sealed class WebhookTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Outbound:Allow:0"] = "127.0.0.1", ["Webhooks:RetrySeconds:0"] = "0.05", ["Webhooks:RetrySeconds:1"] = "0.05",
    };

    private GatewayReplica gateway = null!;
    private Target target = null!;

    public async ValueTask InitializeAsync()
    {
        gateway = await GatewayReplica.StartAsync(servers.PostgresConnectionString("webhooks"), settings: Settings);
        target = await Target.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        await target.DisposeAsync();
    }

    [Fact]
    public async Task What_it_asks_for_is_sent_once_in_order_and_signed_by_two_replicas_together()
    {
        await using var other = await GatewayReplica.StartAsync(gateway.Database, settings: Settings);
        var secret = await CreateAsync("mine", types: ["sync.*"], connections: ["orders"]);
        for (var i = 0; i < 40; i++)
            await (i % 2 == 0 ? gateway : other).AppendAsync(
                GatewayReplica.Event("sync.failed", "orders", number: i), GatewayReplica.Event("sync.failed", "docs"), GatewayReplica.Event("connection.updated", "orders"), GatewayReplica.Event("connector.deleted"));

        await GatewayReplica.UntilAsync(async () => await StatesAsync("mine", "delivered") == 40, "all are delivered");

        Assert.Equal(Enumerable.Range(0, 40), target.Requests.Select(request => request.Number));
        Assert.All(target.Requests, request => Assert.True(request.IsSignedWith(secret)));
        Assert.All(target.Requests, request => Assert.Equal(request.Event.GetProperty("id").GetString(), request.Headers["webhook-id"]));
        Assert.InRange(long.Parse(target.Requests.First().Headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.StartsWith("application/cloudevents+json", target.Requests.First().Headers["Content-Type"], StringComparison.Ordinal);
        // Nowhere in the database, nor in the logs.
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        Assert.Equal(0, await gateway.CountAsync($"SELECT count(*) FROM webhooks WHERE secret LIKE '%{secret}%'"));
        Assert.False((await gateway.GetAsync("/v1/webhooks/mine")).TryGetProperty("secret", out _));
    }

    [Fact]
    public async Task A_rotated_secret_and_the_one_before_sign_until_the_overlap_ends()
    {
        var before = await CreateAsync("mine");
        var after = await SecretAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/rotate?overlap_seconds=600"), HttpStatusCode.OK);
        await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/test");
        var last = await SecretAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/rotate?overlap_seconds=0"), HttpStatusCode.OK);
        await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/test");

        Assert.Equal(
            [(true, true, false), (false, false, true)],
            target.Requests.Select(request => (request.IsSignedWith(before), request.IsSignedWith(after), request.IsSignedWith(last))));
    }

    [Fact]
    public async Task What_fails_is_tried_again_then_dead_and_sent_again_on_request_while_others_go_on()
    {
        target.Answer = (request, response) =>
        {
            response.StatusCode = request.Number == 1 ? 500 : 204;
            return request.Number == 1 ? response.WriteAsync(new string('n', 10_000)) : Task.CompletedTask;
        };
        await CreateAsync("mine");
        await gateway.AppendAsync([.. Enumerable.Range(0, 4).Select(number => GatewayReplica.Event("sync.failed", "docs", number: number))]);

        await GatewayReplica.UntilAsync(async () => (await StatesAsync("mine", "delivered"), await StatesAsync("mine", "dead")) == (3, 1), "one is dead, three are delivered");
        var dead = (await gateway.GetAsync("/v1/webhooks/mine/deliveries?state=dead")).GetProperty("items")[0];
        Assert.Equal((2, 3, 500, "sync.failed", 4096), (
            dead.GetProperty("id").GetInt32(), dead.GetProperty("attempts").GetInt32(), dead.GetProperty("status").GetInt32(), dead.GetProperty("type").GetString(), dead.GetProperty("response").GetString()!.Length));
        Assert.Equal(3, target.Requests.Count(request => request.Number == 1));
        // The same id each time.
        Assert.Single(target.Requests.Where(request => request.Number == 1).Select(request => request.Headers["webhook-id"]).Distinct());

        target.Answer = (_, _) => Task.CompletedTask;
        var replay = await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/deliveries/replay");
        Assert.Equal((HttpStatusCode.Accepted, 1), (replay.StatusCode, (await replay.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("replayed").GetInt32()));
        await GatewayReplica.UntilAsync(async () => await StatesAsync("mine", "delivered") == 4, "all are delivered");
        await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/deliveries/3/replay");
        await GatewayReplica.UntilAsync(() => Task.FromResult(target.Requests.Count(request => request.Number == 2) == 2), "one that was delivered is sent again");
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/deliveries/99/replay"), HttpStatusCode.NotFound, "unknown_delivery");
    }

    [Fact]
    public async Task A_target_that_is_gone_disables_its_webhook_and_a_redirect_is_not_followed()
    {
        await using var elsewhere = await Target.StartAsync();
        target.Answer = (request, response) =>
        {
            response.StatusCode = request.Path == "/gone" ? 410 : 307;
            response.Headers.Location = elsewhere.Url;
            return Task.CompletedTask;
        };
        await CreateAsync("gone", path: "/gone");
        await CreateAsync("moved", path: "/moved");
        await gateway.AppendAsync(GatewayReplica.Event("sync.failed", "docs"));

        await GatewayReplica.UntilAsync(async () => (await StatesAsync("gone", "dead"), await StatesAsync("moved", "dead")) == (1, 1), "both are dead");
        var shown = await gateway.GetAsync("/v1/webhooks/gone");
        Assert.False(shown.GetProperty("enabled").GetBoolean());
        Assert.Contains("410", shown.GetProperty("disabled_reason").GetString(), StringComparison.Ordinal);
        Assert.Single(target.Requests, request => request.Path == "/gone");
        Assert.Empty(elsewhere.Requests);
        Assert.True((await gateway.GetAsync("/v1/webhooks/moved")).GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task A_lease_of_a_process_that_died_runs_out_and_what_is_due_is_then_sent()
    {
        await CreateAsync("mine");
        await gateway.ExecuteAsync($"UPDATE webhooks SET lease = gen_random_uuid(), leased_until = now() + interval '2 s'");
        await gateway.AppendAsync(GatewayReplica.Event("sync.failed", "docs"));
        var begun = TimeProvider.System.GetTimestamp();
        await GatewayReplica.UntilAsync(async () => await StatesAsync("mine", "delivered") == 1, "it is delivered");

        Assert.True(TimeProvider.System.GetElapsedTime(begun) > TimeSpan.FromSeconds(1), "It was sent while another process had the lease.");
    }

    [Fact]
    public async Task Targets_pass_the_outbound_guard_when_they_are_given_and_when_they_are_reached()
    {
        var problem = await ProblemAsync(
            await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", new { name = "Not So", url = "http://127.0.0.2:80/", types = (string[])["snyc.failed"], connections = (string[])["a*"], secret = "short" }),
            HttpStatusCode.UnprocessableEntity, "invalid_webhook");
        Assert.Equal(
            ["name invalid_name", "url outbound_refused", "types unknown_type", "connections invalid_connection", "secret invalid_secret"],
            problem.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("field")} {e.GetProperty("code")}"));
        foreach (var url in (string[])["ftp://127.0.0.1/", "/here", "http://user:password@127.0.0.1/", "http://[::1]/", "http://169.254.169.254/"])
            await ProblemAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", new { name = "x", url }), HttpStatusCode.UnprocessableEntity, "invalid_webhook");

        // As if its name had led elsewhere when it was made.
        await CreateAsync("mine");
        await gateway.ExecuteAsync("UPDATE webhooks SET url = 'http://127.0.0.2:1/'");
        using var tested = await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks/mine/test");
        var answer = await tested.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.False(answer.GetProperty("delivered").GetBoolean());
        Assert.Contains("not globally routable", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restricted_token_has_a_part_in_webhooks_of_its_connections_alone()
    {
        await CreateAsync("all");
        await CreateAsync("docs", connections: ["docs"]);
        var token = await gateway.TokenAsync("webhooks:write:orders-*", "events:read:orders-*");
        var blind = await gateway.TokenAsync("webhooks:write");

        Assert.Equal(HttpStatusCode.Created, (await PostAsync(token, "orders-eu")).StatusCode);
        await ProblemAsync(await PostAsync(token), HttpStatusCode.Forbidden, "insufficient_scope");
        await ProblemAsync(await PostAsync(token, "orders-eu", "docs"), HttpStatusCode.Forbidden, "insufficient_scope");
        await ProblemAsync(await PostAsync(blind, "docs"), HttpStatusCode.Forbidden, "insufficient_scope");
        Assert.Equal("orders", Assert.Single((await gateway.GetAsync("/v1/webhooks", token)).GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Get, "/v1/webhooks/docs/deliveries", token: token), HttpStatusCode.NotFound, "unknown_webhook");
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Patch, "/v1/webhooks/orders", new { connections = Array.Empty<string>() }, token), HttpStatusCode.Forbidden, "insufficient_scope");

        Task<HttpResponseMessage> PostAsync(string by, params string[] connections) =>
            gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", new { name = "orders", url = target.Url, connections }, by);
    }

    [Fact]
    public async Task It_is_changed_disabled_and_removed()
    {
        await CreateAsync("mine");
        using var changed = await gateway.SendAsync(HttpMethod.Patch, "/v1/webhooks/mine", new { enabled = false, types = (string[])["sync.completed"] });
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);
        await gateway.AppendAsync(GatewayReplica.Event("sync.completed", "docs"));
        await gateway.SendAsync(HttpMethod.Patch, "/v1/webhooks/mine", new { enabled = true });
        await gateway.AppendAsync(GatewayReplica.Event("sync.completed", "docs", number: 7), GatewayReplica.Event("sync.failed", "docs"));
        await GatewayReplica.UntilAsync(async () => await StatesAsync("mine", "delivered") == 1, "it is delivered");
        Assert.Equal(7, Assert.Single(target.Requests).Number);
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", new { name = "mine", url = target.Url }), HttpStatusCode.Conflict, "webhook_exists");

        Assert.Equal(HttpStatusCode.NoContent, (await gateway.SendAsync(HttpMethod.Delete, "/v1/webhooks/mine")).StatusCode);
        await ProblemAsync(await gateway.SendAsync(HttpMethod.Get, "/v1/webhooks/mine"), HttpStatusCode.NotFound, "unknown_webhook");
        Assert.Equal(0, await gateway.CountAsync("SELECT count(*) FROM webhook_deliveries"));
    }

    private async Task<string> CreateAsync(string name, string[]? types = null, string[]? connections = null, string path = "/") =>
        await SecretAsync(await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", new { name, url = target.Url + path, types, connections }), HttpStatusCode.Created);

    private static async Task<string> SecretAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == status, text);
        return JsonElement.Parse(text).GetProperty("secret").GetString()!;
    }

    private async Task<long> StatesAsync(string name, string state) =>
        (await gateway.GetAsync($"/v1/webhooks/{name}/deliveries?state={state}")).GetProperty("items").GetArrayLength();

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var problem = await GatewayFixture.ProblemAsync(response);
        Assert.Equal((status, code), (response.StatusCode, problem.GetProperty("code").GetString()));
        return problem;
    }
}
