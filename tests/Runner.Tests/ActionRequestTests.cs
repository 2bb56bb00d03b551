using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>What a connector can be asked, and what is refused before it is asked.</summary>
public sealed class ActionRequestTests(ServersFixture servers, GoConnectors connectors) : ActionTest(servers, connectors)
{
    private static readonly ActionSpecification Send = new(
        "send", "Sends a letter.",
        [
            new("to", "The address.", ParameterTypes.String, Validations: [new(ValidationTypes.Required)]),
            new("copies", "", ParameterTypes.Int, "1", Validations: [new(ValidationTypes.GreaterThan, "0")]),
            new("pin", "", ParameterTypes.String, Secret: true),
        ],
        Result: new("", "", ParameterTypes.Int), Mutates: true);

    [Fact]
    public async Task The_actions_of_a_connection_are_listed_with_their_schemas()
    {
        Add("c", Send, new ActionSpecification("look", "", [], Exclusive: true, Idempotent: true));

        var list = await GetAsync("/v1/connections/c/actions");
        var one = await GetAsync("/v1/connections/c/actions/send");

        Assert.Equal(["send", "look"], list.GetProperty("items").EnumerateArray().Select(a => Text(a, "name")));
        Assert.Equal(list.GetProperty("items")[0].ToString(), one.ToString());
        Assert.Equal("Sends a letter.", Text(one, "description"));
        Assert.Equal((true, false, false), Flags(one));
        Assert.Equal((false, true, true), Flags(list.GetProperty("items")[1]));
        Assert.Equal("The address.", Text(one, "parameters", "properties", "to", "description"));
        Assert.Equal("integer", Text(one, "result", "type"));
        Assert.Equal(JsonValueKind.Null, list.GetProperty("items")[1].GetProperty("result").ValueKind);

        static (bool, bool, bool) Flags(JsonElement a) => (a.GetProperty("mutates").GetBoolean(), a.GetProperty("exclusive").GetBoolean(), a.GetProperty("idempotent").GetBoolean());
    }

    [Fact]
    public async Task A_connector_without_actions_or_without_specification_lists_none()
    {
        Add("none");
        peers.Registry.Add("silent", peers.Bundles.Add(Connectors.Crash), "./crash-go", "{}");

        foreach (var name in (string[])["none", "silent"])
        {
            Assert.Empty((await GetAsync($"/v1/connections/{name}/actions")).GetProperty("items").EnumerateArray());
            Assert.Equal("unknown_action", Text(await GetAsync($"/v1/connections/{name}/actions/send"), "code"));
            var (status, problem, _) = await InvokeAsync(runner, "send", "{}", name);
            Assert.Equal((404, "unknown_action"), (status, Text(problem, "code")));
        }
    }

    [Fact]
    public async Task Arguments_are_refused_all_at_once_and_the_refusal_is_recorded_without_what_may_be_secret()
    {
        Add("c", Send);
        await using var events = await EventQueue.BindAsync(Servers.RabbitMqUri, "action.#");

        var (status, problem, location) = await InvokeAsync(runner, "send", """{"arguments": {"copies": 0, "pin": "0815-secret", "pinn": "0816-secret"}}""");

        Assert.Equal((422, "invalid_arguments"), (status, Text(problem, "code")));
        Assert.Equal(["arguments.copies", "arguments.pinn", "arguments.to"], problem.GetProperty("errors").EnumerateArray().Select(e => Text(e, "field")).Order());
        var record = await GetAsync(location!.ToString());
        Assert.Equal(("rejected", "rejected", "invalid_arguments"), (Text(record, "state"), Text(record, "outcome"), Text(record, "error", "code")));
        Assert.Equal(3, record.GetProperty("error").GetProperty("violations").GetArrayLength());
        Assert.Equal("""{"copies":0,"pin":"***","pinn":"***"}""", record.GetProperty("arguments").GetRawText());
        Assert.Equal((JsonValueKind.Null, "tester", 0), (record.GetProperty("started_at").ValueKind, Text(record, "actor"), record.GetProperty("attempts").GetInt32()));
        await using var connection = new NpgsqlConnection(database);
        Assert.Empty(await connection.QueryAsync<string>("select id::text from invocations where invocations::text ~ '081[56]'"));
        Assert.DoesNotContain("-secret", runner.Output, StringComparison.Ordinal);
        var told = await events.NextAsync(e => Text(e, "invocation_id") == Text(record, "id"));
        Assert.Equal(("rejected", "invalid_arguments"), (Text(told, "outcome"), Text(told, "error", "code")));
        Assert.DoesNotContain("-secret", told.ToString(), StringComparison.Ordinal);

        // What is no object can't be taken apart.
        (_, _, location) = await InvokeAsync(runner, "send", """{"arguments": ["0817-secret"]}""");
        Assert.Equal("\"***\"", (await GetAsync(location!.ToString())).GetProperty("arguments").GetRawText());
    }

    [Fact]
    public async Task A_connection_whose_options_do_not_fit_is_refused_before_its_connector_starts()
    {
        Add("c", Send);
        peers.Registry.Connections["c"].Options = Google.Protobuf.ByteString.CopyFromUtf8("""{"mood": "good"}""");

        var (status, problem, location) = await InvokeAsync(runner, "send", """{"arguments": {"to": "me"}}""");

        Assert.Equal((422, "invalid_options"), (status, Text(problem, "code")));
        Assert.Equal(["options.mode", "options.mood"], problem.GetProperty("errors").EnumerateArray().Select(e => Text(e, "field")).Order());
        Assert.Equal("rejected", Text(await GetAsync(location!.ToString()), "outcome"));
        Assert.Equal(0, peers.Bundles.Downloads);
    }

    [Fact]
    public async Task A_bad_request_is_answered_with_its_problem()
    {
        Add("c", Send);
        // Each with a service of its own would take most of a minute.
        foreach (var (method, path, body, status, code) in ((string, string, string?, int, string)[])
            [
                ("POST", "/v1/connections/missing/actions/send", "{}", 404, "unknown_connection"),
                ("GET", "/v1/connections/missing/actions", null, 404, "unknown_connection"),
                ("POST", "/v1/connections/c/actions/fly", "{}", 404, "unknown_action"),
                ("POST", "/v1/connections/c/actions/send", """{"wait_seconds": 51, "timeout_seconds": 0}""", 422, "invalid_invocation"),
                ("POST", "/v1/connections/c/actions/send", """{"timeout_seconds": 3601}""", 422, "invalid_invocation"),
                ("POST", "/v1/connections/c/actions/send", """{"arguments": [1]}""", 422, "invalid_arguments"),
                ("POST", "/v1/connections/c/actions/send", """{"arguments": """, 400, "malformed_json"),
                ("GET", "/v1/invocations/nonsense", null, 404, "unknown_invocation"),
                ("GET", "/v1/invocations/01a1fe12-b165-7e1f-a15d-ebb6482b7888", null, 404, "unknown_invocation"),
                ("GET", "/v1/invocations/01a1fe12-b165-7e1f-a15d-ebb6482b7888/progress", null, 404, "unknown_invocation"),
                ("GET", "/v1/invocations/01a1fe12-b165-7e1f-a15d-ebb6482b7888/result", null, 404, "unknown_invocation"),
                ("POST", "/v1/invocations/01a1fe12-b165-7e1f-a15d-ebb6482b7888/cancel", null, 404, "unknown_invocation"),
                ("GET", "/v1/invocations?state=walking", null, 400, "bad_state"),
                ("GET", "/v1/invocations?cursor=nonsense", null, 400, "bad_cursor"),
            ])
        {
            var (answered, problem, _) = await SendAsync(runner, new(method), path, body);

            Assert.Equal((method, path, status, code), (method, path, answered, Text(problem, "code")));
        }
    }

    [Fact]
    public async Task Invocations_are_listed_newest_first_in_pages_without_what_may_be_large()
    {
        Add("c", Send, new ActionSpecification("look", "", []));
        Add("d", Send);
        foreach (var (connection, action) in new[] { ("c", "send"), ("c", "look"), ("d", "send") })
            await InvokeAsync(runner, action, """{"arguments": {"no": 1}}""", connection);

        var first = await GetAsync("/v1/invocations?limit=2");
        var second = await GetAsync($"/v1/invocations?limit=2&cursor={Text(first, "next")}");

        var all = first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).ToList();
        Assert.Equal([("d", "send"), ("c", "look"), ("c", "send")], all.Select(i => (Text(i, "connection"), Text(i, "action"))));
        Assert.All(all, i => Assert.Equal(JsonValueKind.Null, i.GetProperty("arguments").ValueKind));
        Assert.Single((await GetAsync("/v1/invocations?connection=c&action=send&state=rejected")).GetProperty("items").EnumerateArray());
        Assert.Empty((await GetAsync("/v1/invocations?state=lost")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task What_ended_long_ago_is_forgotten()
    {
        Add("c", Send);
        Add("d", Send);
        foreach (var connection in (string[])["c", "d"])
            await InvokeAsync(runner, "send", """{"arguments": {"no": 1}}""", connection);
        await using (var rows = new NpgsqlConnection(database))
            await rows.ExecuteAsync("update invocations set finished_at = now() - case connection when 'c' then interval '31 days' else interval '29 days' end");

        await runner.DisposeAsync();
        runner = await StartAsync();

        await Wait.ForAsync("one is left", async () => (await GetAsync("/v1/invocations")).GetProperty("items").GetArrayLength() == 1, RunTimeout);
        Assert.Equal("d", Text((await GetAsync("/v1/invocations")).GetProperty("items")[0], "connection"));
    }
}
