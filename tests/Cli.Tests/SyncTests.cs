using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class SyncTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000001";
    private const string Stream = $"GET /v1/runs/{Id}/progress";
    private const string Record = $"GET /v1/runs/{Id}";

    [Theory]
    [InlineData("succeeded", 0)]
    [InlineData("failed", 1)]
    [InlineData("cancelled", 7)]
    public async Task The_exit_code_is_the_outcome(string state, int exitCode)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/runs", Run("queued", 0), 202).Events(Stream, ("end", Run(state, 3)));

        var answer = await Cli.RunAsync(stub.Url, "sync", "docs", "--json");

        Assert.Equal(exitCode, answer.ExitCode);
        Assert.Equal(state, JsonDocument.Parse(answer.Output).RootElement.GetProperty("state").GetString());
        Assert.Equal("""{"connection":"docs"}""", stub.Requests.First().Body);
    }

    [Fact]
    public async Task Watching_off_a_terminal_prints_lines_and_takes_a_broken_stream_up_again()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/runs", Run("queued", 0), 202)
            .Events(Stream, ("progress", Run("running", 500)))
            .Events(Stream, ("progress", Run("running", 500)), ("progress", Run("running", 1000)), ("end", Run("succeeded", 1234)))
            .On(Record, Run("running", 500));

        var answer = await Cli.RunAsync(stub.Url, "sync", "docs", "--watch");

        Assert.Equal(
            $"""
            Run {Id} of docs
              syncing: 500 objects
              syncing: 1000 objects
            succeeded: 1234 objects received (1234 inserted) in 2.5 s
            """,
            answer.Output);
        Assert.Equal((0, ""), (answer.ExitCode, answer.Errors));
    }

    [Fact]
    public async Task Watching_tells_how_fast_it_goes_and_what_is_waited_for()
    {
        const string moving = """{"stage":"syncing","bytes":1500000,"objects_per_second":120.4,"progress_message":"page 3","progress_fraction":0.375,"waiting_for":"ingest",""";
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/runs", Run("queued", 0), 202)
            .Events(Stream, ("progress", moving + Run("running", 500).TrimStart()[1..].Replace("\"stage\"", "\"old\"", StringComparison.Ordinal)), ("end", Run("succeeded", 1234)));

        var answer = await Cli.RunAsync(stub.Url, "sync", "docs", "--watch");

        Assert.Contains("  syncing: 500 objects, 120/s, 1.5 MB; page 3 (38 %); waits for ingest\n", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_between_attempts_says_so_where_it_is_watched_and_where_it_is_shown()
    {
        const string failed = """{"attempt":1,"max_attempts":3,"next_attempt_at":"2026-01-01T00:00:05Z","last_error":{"code":"ingest_unavailable","message":"away"},""";
        const string second = """{"attempt":2,"max_attempts":3,""";
        var between = failed + Run("running", 500).TrimStart()[1..].Replace("\"attempt\"", "\"old\"", StringComparison.Ordinal);
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/runs", Run("queued", 0), 202)
            .Events(Stream, ("progress", between), ("progress", second + Run("running", 500).TrimStart()[1..].Replace("\"attempt\"", "\"old\"", StringComparison.Ordinal)), ("end", Run("succeeded", 1234)))
            .On(Record, between);

        var watched = await Cli.RunAsync(stub.Url, "sync", "docs", "--watch");
        var shown = await Cli.RunAsync(stub.Url, "runs", "show", Id);

        Assert.Contains("  attempt 1 of 3 failed with ingest_unavailable, the next at 2026-01-01 00:00:05Z\n  attempt 2 of 3, syncing: 500 objects\n", watched.Output, StringComparison.Ordinal);
        Assert.Equal("attempt 1 of 3 failed with ingest_unavailable, the next at 2026-01-01 00:00:05Z", shown.Errors);
    }

    [Fact]
    public async Task Watching_in_json_is_a_line_per_event()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/runs", Run("queued", 0), 202)
            .Events(Stream, ("progress", Run("running", 500)), ("end", Run("succeeded", 1234)));

        var answer = await Cli.RunAsync(stub.Url, "sync", "docs", "--watch", "--json");

        Assert.Equal([500L, 1234L], answer.Output.Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("counts").GetProperty("received").GetInt64()));
    }

    [Fact]
    public async Task A_failed_run_is_told_in_the_connectors_own_words()
    {
        const string error = """
            "error":{"code":"connector_failed","message":"The connector failed.","detail":"no such bucket\n","remedy":"Check the options."}
            """;
        var failed = Run("failed", 0).Replace("\"error\":null", error, StringComparison.Ordinal);
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/runs", Run("queued", 0), 202).Events(Stream, ("end", failed));

        var answer = await Cli.RunAsync(stub.Url, "sync", "docs");

        Assert.Equal(1, answer.ExitCode);
        Assert.Equal("error connector_failed: The connector failed.\n  connector: no such bucket\n  to do: Check the options.", answer.Errors);
    }

    [Theory]
    [InlineData("sync docs")]
    [InlineData("sync docs --watch")]
    [InlineData($"runs show {Id}")]
    public async Task A_warning_is_told_and_the_outcome_stays_success(string command)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/runs", Run("queued", 0), 202).Events(Stream, ("end", Guarded)).On(Record, Guarded);

        var answer = await Cli.RunAsync(stub.Url, command.Split(' '));
        var json = await Cli.RunAsync(stub.Url, [.. command.Split(' '), "--json"]);

        Assert.Equal((0, "warning delete_guard: 120 of 200 objects would go.\n  to do: Look, then sweep."), (answer.ExitCode, answer.Errors));
        Assert.Equal((0, ""), (json.ExitCode, json.Errors));
        Assert.Equal("delete_guard", JsonDocument.Parse(json.Output).RootElement.GetProperty("warnings")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_sweep_says_how_many_objects_are_gone()
    {
        var swept = Run("succeeded", 80).Replace("\"swept\":0", "\"swept\":120", StringComparison.Ordinal);
        await using var stub = (await StubGateway.StartAsync()).On($"POST {Record[4..]}/sweep", swept);

        var answer = await Cli.RunAsync(stub.Url, "runs", "sweep", Id);

        Assert.Equal(new Answer(0, $"Run {Id} of docs has swept 120 objects.", ""), answer);
    }

    [Fact]
    public async Task A_sweep_that_is_refused_is_a_problem()
    {
        await using var stub = (await StubGateway.StartAsync()).On($"POST {Record[4..]}/sweep", """{"code":"sweep_superseded","status":409,"detail":"A newer run has begun."}""", 409);

        var answer = await Cli.RunAsync(stub.Url, "runs", "sweep", Id);

        Assert.Equal((3, "error sweep_superseded: A newer run has begun."), (answer.ExitCode, answer.Errors));
    }

    [Fact]
    public async Task An_interrupt_leaves_the_run_and_says_so()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/runs", Run("queued", 0), 202)
            .On(Stream, async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, $"event: progress\ndata: {Run("running", 500)}\n\n");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync(
            null,
            (line, process) =>
            {
                if (line.Contains("500", StringComparison.Ordinal)) Cli.Interrupt(process);
            },
            "sync", "docs", "--watch");

        Assert.Equal(130, answer.ExitCode);
        Assert.Contains($"platform runs cancel {Id}", answer.Errors, StringComparison.Ordinal);
    }

    private static readonly string Guarded = Run("succeeded", 80).Replace(
        "\"error\":null", """
        "error":null,"warnings":[{"code":"delete_guard","message":"120 of 200 objects would go.","remedy":"Look, then sweep.","stream":""}]
        """, StringComparison.Ordinal);

    private static string Run(string state, int received) => $$"""
        {"id":"{{Id}}","connection":"docs","connector":"files","state":"{{state}}","stage":{{(state == "running" ? "\"syncing\"" : "null")}},"attempt":1,"counts":{"received":{{received}},"inserted":{{received}},"updated":0,"unchanged":0,"deleted":0,"rejected":0,"superseded":0,"swept":0},"error":null,"created_at":"2026-01-01T00:00:00Z","started_at":"2026-01-01T00:00:00Z","finished_at":{{(state is "queued" or "running" ? "null" : "\"2026-01-01T00:00:02.5Z\"")}}}
        """;
}
