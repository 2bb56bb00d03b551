using System.Net.Http.Json;
using System.Text.Json;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>Callers whose scopes are restricted to connections and actions.</summary>
public sealed class RestrictedScopeTests(ServersFixture servers, GoConnectors connectors) : ActionTest(servers, connectors)
{
    [Fact]
    public async Task They_start_and_see_the_runs_and_schedules_of_their_connections_and_no_others()
    {
        var own = await StartRunAsync("""{"mode": "ok"}""", "own");
        var foreign = await StartRunAsync("""{"mode": "ok"}""", "foreign");
        foreach (var id in new[] { own, foreign }) await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
        var schedule = Text((await SendAsync(runner, HttpMethod.Post, "/v1/schedules", """{"connection": "foreign", "interval": "1h"}""")).Body, "id");
        Hold("runs:read:own runs:start:own");

        Assert.Equal([own], await IdsAsync("/v1/runs"));
        foreach (var path in new[] { "/v1/runs", "/v1/schedules" })
            Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Get, path + "?connection=foreign")));
        Assert.Empty(await IdsAsync("/v1/schedules"));
        Assert.Equal("succeeded", Text(await GetAsync($"/v1/runs/{own}"), "state"));
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, ""), (HttpMethod.Get, "/log"), (HttpMethod.Get, "/progress"), (HttpMethod.Post, "/cancel"), (HttpMethod.Post, "/sweep"),
        })
            Assert.Equal((404, "unknown_run"), Code(await SendAsync(runner, method, $"/v1/runs/{foreign}{path}")));
        foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Patch, ""), (HttpMethod.Post, "/trigger"), (HttpMethod.Delete, "") })
            Assert.Equal((404, "unknown_schedule"), Code(await SendAsync(runner, method, $"/v1/schedules/{schedule}{path}", method == HttpMethod.Patch ? "{}" : null)));

        foreach (var connection in new[] { "foreign", "nobody" })
        {
            Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Post, "/v1/runs", $$"""{"connection": "{{connection}}"}""")));
            Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Post, "/v1/schedules", $$"""{"connection": "{{connection}}", "interval": "1h"}""")));
            Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Post, $"/v1/connections/{connection}/check")));
            Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Get, $"/v1/connections/{connection}/subscriptions")));
        }
        Assert.Equal(202, (await SendAsync(runner, HttpMethod.Post, "/v1/runs", """{"connection": "own"}""")).Status);
    }

    [Fact]
    public async Task They_see_and_ask_for_the_actions_that_their_scopes_name()
    {
        Add("c", new ActionSpecification("close_one", "", []), new ActionSpecification("close_all", "", []), new ActionSpecification("open", "", []));
        var invoked = new Dictionary<string, string?>();
        foreach (var action in new[] { "close_one", "open" })
            invoked[action] = Text((await InvokeAsync(runner, action, """{"wait_seconds": 0}""")).Body, "id");
        Hold("actions:read:c/close_* actions:invoke:c/close_one");

        Assert.Equal(["close_one", "close_all"], (await GetAsync("/v1/connections/c/actions")).GetProperty("items").EnumerateArray().Select(a => Text(a, "name")));
        Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Get, "/v1/connections/c/actions/open")));
        Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Get, "/v1/connections/other/actions")));
        Assert.Equal([invoked["close_one"]], await IdsAsync("/v1/invocations"));
        Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Get, "/v1/invocations?connection=other")));
        foreach (var path in new[] { "", "/log", "/progress", "/result" })
            Assert.Equal((404, "unknown_invocation"), Code(await SendAsync(runner, HttpMethod.Get, $"/v1/invocations/{invoked["open"]}{path}")));
        Assert.Equal((404, "unknown_invocation"), Code(await SendAsync(runner, HttpMethod.Post, $"/v1/invocations/{invoked["open"]}/cancel")));

        Assert.InRange((await InvokeAsync(runner, "close_one", """{"wait_seconds": 0}""")).Status, 200, 202);
        foreach (var action in new[] { "close_all", "open" })
            Assert.Equal((403, "insufficient_scope"), Code(await InvokeAsync(runner, action, "{}")));
        Assert.Equal((403, "insufficient_scope"), Code(await SendAsync(runner, HttpMethod.Post, "/v1/connections/c/query", "{}")));
    }

    private void Hold(string scopes)
    {
        runner.Client.DefaultRequestHeaders.Remove(Scopes.Header);
        runner.Client.DefaultRequestHeaders.Add(Scopes.Header, scopes);
    }

    private async Task<List<string?>> IdsAsync(string path) => [.. (await GetAsync(path)).GetProperty("items").EnumerateArray().Select(item => Text(item, "id"))];

    private static (int, string?) Code((int Status, JsonElement Body, Uri? Location) answer) => (answer.Status, Text(answer.Body, "code"));
}
