using Microsoft.AspNetCore.Http;

namespace Platform.Cli.Tests;

public sealed class EventTests
{
    private const string Event = """{"specversion":"1.0","id":"e","type":"sync.failed","source":"/ingest","time":"2026-01-01T00:00:00Z","data":{"connection":"docs"}}""";
    private const string Webhook = """
        "name":"ops","url":"https://ops.example.com/hook","types":["sync.failed"],"connections":["docs"],"enabled":true,"disabled_reason":null
        """;

    [Fact]
    public async Task Events_are_printed_page_by_page()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/events?type=sync.%2A&connection=docs&after=3", $$"""{"items":[{"id":4,"event":{{Event}}}],"next":"n"}""")
            .On("GET /v1/events?type=sync.%2A&connection=docs&after=3&cursor=n", $$"""{"items":[{"id":5,"event":{{Event}}}],"next":null}""");

        var answer = await Cli.RunAsync(stub.Url, "events", "--type", "sync.*", "--connection", "docs", "--after", "3");

        Assert.Equal(
            (0, """4 2026-01-01T00:00:00Z sync.failed {"connection":"docs"}""" + "\n" + """5 2026-01-01T00:00:00Z sync.failed {"connection":"docs"}"""), (answer.ExitCode, answer.Output.TrimEnd('\n')));
    }

    [Fact]
    public async Task Events_as_text_are_legible()
    {
        const string raw = """{"specversion":"1.0","id":"e","type":"sync.failed","source":"/ingest","time":"2026-01-01T00:00:00.123456Z","data":{"connection":"a\u002Bb","finished_at":"2026-01-01T00:00:00.5\u002B00:00"}}""";
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/events", $$"""{"items":[{"id":4,"event":{{raw}}}],"next":null}""");

        var answer = await Cli.RunAsync(stub.Url, "events");

        Assert.Equal("""4 2026-01-01T00:00:00.123456Z sync.failed {"connection":"a+b","finished_at":"2026-01-01T00:00:00.5Z"}""", answer.Output);
    }

    [Fact]
    public async Task In_json_the_id_is_a_number_as_the_api_has_it()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/events", $$"""{"items":[{"id":4,"event":{{Event}}}],"next":null}""")
            .On("GET /v1/events?from=beginning", context => SendAsync(context, $"id: 4\nevent: sync.failed\ndata: {Event}\n\n"));
        using var cli = new Cli(stub.Url);

        var page = await cli.RunAsync("events", "--json");
        var followed = await cli.RunAsync(null, (_, process) => Cli.Interrupt(process), "events", "--follow", "--from", "beginning", "--json");

        Assert.Equal((0, $$"""{"id":4,"event":{{Event}}}"""), (page.ExitCode, page.Output));
        Assert.StartsWith($$"""{"id":4,"event":{{Event}}}""", followed.Output, StringComparison.Ordinal);
        Assert.Equal(130, followed.ExitCode);
    }

    [Fact]
    public async Task Following_outlasts_the_gateway_says_so_and_where_to_go_on()
    {
        List<string> resumed = [];
        await using var stub = (await StubGateway.StartAsync())
            // What passes the filter by moves the place to go on from.
            .On("GET /v1/events?type=sync.%2A", context => SendAsync(context, $"id: 7\nevent: sync.failed\ndata: {Event}\n\n: alive\nid: 9\n\n"))
            .On("GET /v1/events?type=sync.%2A", """{"code":"service_unavailable","status":503,"detail":"away"}""", 503)
            .On("GET /v1/events?type=sync.%2A", """{"code":"service_unavailable","status":503,"detail":"away"}""", 503)
            .On("GET /v1/events?type=sync.%2A", async context =>
            {
                resumed.Add(context.Request.Headers["Last-Event-ID"].ToString());
                await SendAsync(context, $"id: 10\nevent: sync.failed\ndata: {Event}\n\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            });
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync(null, (line, process) =>
        {
            if (line.StartsWith("10 ", StringComparison.Ordinal)) Cli.Interrupt(process);
        }, "events", "--type", "sync.*", "--follow");

        Assert.Equal(130, answer.ExitCode);
        Assert.Equal(["9"], resumed);
        Assert.Equal("The gateway does not answer; waiting for it until Ctrl-C.\nIt answers again.\nTo go on behind what was seen: --after 10", answer.Errors);
    }

    [Fact]
    public async Task Following_what_never_answered_ends_at_once()
    {
        var answer = await Cli.RunAsync("http://127.0.0.1:1", "events", "--follow");

        Assert.Equal(4, answer.ExitCode);
        Assert.StartsWith("error not_reachable: ", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_that_are_gone_are_told_with_the_options_to_begin_anew()
    {
        const string gone = """{"code":"events_gone","status":410,"detail":"Events behind 3 were removed.","remedy":"Look at the state of what you follow, such as its runs, and begin anew: from=beginning for all events that are kept, from=now for those to come."}""";
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/events?after=3", gone, 410);

        var answer = await Cli.RunAsync(stub.Url, "events", "--after", "3");

        Assert.Equal(3, answer.ExitCode);
        Assert.EndsWith("begin anew: --from beginning for all events that are kept, --from now for those to come.", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rotated_secret_is_told_with_the_end_of_the_one_before()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/webhooks/ops/rotate", $$"""{"secret":"whsec_next","previous_until":"2026-01-03T00:00:00Z",{{Webhook}}}""")
            .On("POST /v1/webhooks/ops/rotate?overlap_seconds=0", $$"""{"secret":"whsec_next","previous_until":null,{{Webhook}}}""");

        Assert.Contains("The one before signs as well until 2026-01-03 00:00:00Z.", (await Cli.RunAsync(stub.Url, "webhooks", "rotate", "ops")).Errors, StringComparison.Ordinal);
        Assert.Contains("The one before signs no more.", (await Cli.RunAsync(stub.Url, "webhooks", "rotate", "ops", "--overlap-seconds", "0")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_is_made_and_its_secret_alone_is_on_standard_output()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/webhooks", $$"""{"secret":"whsec_new",{{Webhook}}}""", 201);

        var answer = await Cli.RunAsync(stub.Url, "webhooks", "create", "ops", "https://ops.example.com/hook", "--type", "sync.failed", "--connection", "docs");

        Assert.Equal((0, "whsec_new"), (answer.ExitCode, answer.Output.TrimEnd('\n')));
        Assert.Equal("""{"name":"ops","url":"https://ops.example.com/hook","types":["sync.failed"],"connections":["docs"]}""", stub.Requests.Last().Body);
    }

    [Fact]
    public async Task Webhooks_are_listed_changed_tested_and_what_is_dead_is_sent_again()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/webhooks", $$"""{"items":[{{{Webhook}}}],"next":null}""")
            .On("GET /v1/webhooks/ops", $$"""{{{Webhook}}}""")
            .On("PATCH /v1/webhooks/ops", $$"""{{{Webhook}}}""")
            .On("POST /v1/webhooks/ops/rotate?overlap_seconds=60", $$"""{"secret":"whsec_next",{{Webhook}}}""")
            .On("POST /v1/webhooks/ops/test", """{"delivered":false,"status":500,"error":"The target answered 500.","response":null,"duration_ms":3}""")
            .On("GET /v1/webhooks/ops/deliveries?state=dead", """{"items":[{"id":4,"type":"sync.failed","connection":"docs","state":"dead","attempts":9,"status":500,"error":"The target answered 500."}],"next":null}""")
            .On("POST /v1/webhooks/ops/deliveries/replay", """{"replayed":2}""", 202)
            .On("POST /v1/webhooks/ops/deliveries/4/replay", """{"replayed":1}""", 202)
            .On("DELETE /v1/webhooks/ops", context =>
            {
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            });

        Assert.Contains("ops\thttps://ops.example.com/hook\tsync.failed\tdocs\tenabled", (await Cli.RunAsync(stub.Url, "webhooks", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "webhooks", "show", "ops")).ExitCode);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "webhooks", "update", "ops", "--enabled", "false")).ExitCode);
        Assert.Equal("""{"enabled":false}""", stub.Requests.Last().Body);
        Assert.Equal("whsec_next", (await Cli.RunAsync(stub.Url, "webhooks", "rotate", "ops", "--overlap-seconds", "60")).Output.TrimEnd('\n'));
        Assert.Equal(1, (await Cli.RunAsync(stub.Url, "webhooks", "test", "ops")).ExitCode);
        Assert.Contains("4\tsync.failed\tdocs\tdead\t9\t500", (await Cli.RunAsync(stub.Url, "webhooks", "deliveries", "ops", "--state", "dead")).Output, StringComparison.Ordinal);
        Assert.Contains("2 will be sent again", (await Cli.RunAsync(stub.Url, "webhooks", "replay", "ops")).Output, StringComparison.Ordinal);
        Assert.Contains("1 will be sent again", (await Cli.RunAsync(stub.Url, "webhooks", "replay", "ops", "4")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "webhooks", "delete", "ops")).ExitCode);
    }

    private static async Task SendAsync(HttpContext context, string events)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(events);
    }
}
