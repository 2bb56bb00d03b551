using Microsoft.AspNetCore.Http;
using Platform.Cli.Api;

namespace Platform.Cli.Tests;

public sealed class RunLogTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000001";
    private const string Path = $"GET /v1/runs/{Id}/log";

    [Fact]
    public async Task A_log_is_printed_page_by_page()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On(Path + "?level=info", $$"""{"items":[{{Line(1, "platform")}}],"next":"n"}""")
            .On(Path + "?level=info&cursor=n", $$"""{"items":[{{Line(2, "stderr")}}],"next":null}""");

        var answer = await Cli.RunAsync(stub.Url, "runs", "log", Id, "--level", "info");

        Assert.Equal((0, "08:09:10.500 warn  * line 1\n08:09:10.500 warn  line 2", ""), (answer.ExitCode, answer.Output, answer.Errors));
    }

    [Fact]
    public async Task Following_goes_on_behind_the_last_line_and_ends_with_the_run()
    {
        List<string> resumed = [];
        await using var stub = (await StubGateway.StartAsync())
            .On(Path, context => SendAsync(context, Event(1)))
            .On(Path, context =>
            {
                resumed.Add(context.Request.Headers["Last-Event-ID"].ToString());
                return SendAsync(context, Event(2) + "event: end\ndata: {\"state\":\"failed\"}\n\n");
            });

        var answer = await Cli.RunAsync(stub.Url, "runs", "log", Id, "-f", "--json");

        Assert.Equal((0, $"{Line(1, "stderr")}\n{Line(2, "stderr")}"), (answer.ExitCode, answer.Output));
        Assert.Equal(["1"], resumed);
    }

    [Fact]
    public async Task A_gateway_that_is_away_is_told_once_and_waited_for()
    {
        const string away = """{"code":"service_unavailable","status":503,"detail":"away"}""";
        await using var stub = (await StubGateway.StartAsync())
            .On(Path, away, 503).On(Path, away, 503)
            .On(Path, context => SendAsync(context, Event(1) + "event: end\ndata: {\"state\":\"failed\"}\n\n"));

        var answer = await Cli.RunAsync(stub.Url, "runs", "log", Id, "-f");

        Assert.Equal(new Answer(0, "08:09:10.500 warn  line 1", "The gateway does not answer; waiting for it, 60 s at most.\nIt answers again."), answer);
    }

    [Fact]
    public void Waiting_for_the_gateway_has_an_end_where_there_is_a_limit()
    {
        var gone = new CliException(ExitCode.NotReachable, "not_reachable", "gone");

        Assert.False(new Away(new Screen(json: true), TimeSpan.Zero).Endures(gone));
        Assert.True(new Away(new Screen(json: true), TimeSpan.FromHours(1)).Endures(gone));
        Assert.True(new Away(new Screen(json: true), null).Endures(gone));
        Assert.False(new Away(new Screen(json: true), null).Endures(new CliException(ExitCode.Usage, "bad_usage", "no")));
    }

    private static string Line(int number, string source) =>
        $$"""{"line":{{number}},"at":"2026-01-02T08:09:10.5+00:00","level":"warn","source":"{{source}}","text":"line {{number}}"}""";

    private static string Event(int number) => $": still running\n\nevent: line\nid: {number}\ndata: {Line(number, "stderr")}\n\n";

    private static async Task SendAsync(HttpContext context, string events)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(events);
    }
}
