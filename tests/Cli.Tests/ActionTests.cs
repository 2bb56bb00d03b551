using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class ActionTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000001";
    private const string Invoke = "POST /v1/connections/docs/actions/largest";

    [Fact]
    public async Task Actions_are_listed_with_what_they_take_and_shown()
    {
        const string Action = """
            {"name":"largest","description":"The largest.","mutates":true,"exclusive":false,"idempotent":true,"parameters":{"properties":{"count":{},"below":{}},"required":["below"]},"result":null}
            """;
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connections/docs/actions", $$"""{"items":[{{Action}}],"next":null}""").On("GET /v1/connections/docs/actions/largest", Action);

        var list = await Cli.RunAsync(stub.Url, "actions", "list", "docs");
        var one = await Cli.RunAsync(stub.Url, "actions", "show", "docs", "largest", "--json");

        Assert.Equal("name\tkind\targuments\tdescription\nlargest\tmutates idempotent\t[count=] below=\tThe largest.", list.Output);
        Assert.Equal("largest", JsonDocument.Parse(one.Output).RootElement.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("succeeded", 0)]
    [InlineData("failed", 1)]
    [InlineData("rejected", 3)]
    [InlineData("cancelled", 7)]
    [InlineData("transient", 9)]
    [InlineData("timed-out", 10)]
    [InlineData("lost", 11)]
    public async Task The_exit_code_is_the_outcome(string outcome, int exitCode)
    {
        await using var stub = (await StubGateway.StartAsync()).On(Invoke, Record(outcome));

        var answer = await Cli.RunAsync(stub.Url, "actions", "invoke", "docs", "largest", "count=3", "text=a=b", "--timeout", "5", "--json");

        Assert.Equal((exitCode, outcome), (answer.ExitCode, JsonDocument.Parse(answer.Output).RootElement.GetProperty("outcome").GetString()));
        Assert.Equal("""{"arguments":{"count":"3","text":"a=b"},"timeout_seconds":5}""", stub.Requests.Single().Body);
    }

    [Fact]
    public async Task The_result_goes_to_standard_output_and_an_error_to_the_other()
    {
        await using var stub = (await StubGateway.StartAsync()).On(Invoke, Record("succeeded")).On(Invoke, Record("rejected"));

        Assert.Equal(new Answer(0, "[\n  1\n]", ""), await Cli.RunAsync(stub.Url, "actions", "invoke", "docs", "largest", "--arguments", """{"count": [3]}"""));
        Assert.Equal("""{"arguments":{"count":[3]}}""", stub.Requests.Last().Body);
        var rejected = await Cli.RunAsync(stub.Url, "actions", "invoke", "docs", "largest");
        Assert.Equal((3, "", "error bad_word: rejected: No word.\n  arguments.text: A word.\n  to do: Look it up."), (rejected.ExitCode, rejected.Output, rejected.Errors));
    }

    [Fact]
    public async Task One_that_goes_on_is_left_or_followed_to_its_end()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On(Invoke, Record(null), 202)
            .Events($"GET /v1/invocations/{Id}/progress", ("progress", Record(null)), ("end", Record("succeeded")))
            .On($"GET /v1/invocations/{Id}", Record("succeeded"));

        var left = await Cli.RunAsync(stub.Url, "actions", "invoke", "docs", "largest");
        var followed = await Cli.RunAsync(stub.Url, "actions", "invoke", "docs", "largest", "--wait", "--idempotency-key", "k");

        Assert.Equal(12, left.ExitCode);
        Assert.Contains($"platform invocations show {Id}", left.Errors, StringComparison.Ordinal);
        Assert.Equal(new Answer(0, "[\n  1\n]", "  acting 50 %: half of it"), followed);
    }

    [Fact]
    public async Task What_is_no_argument_is_wrong_usage()
    {
        await using var stub = await StubGateway.StartAsync();

        foreach (var arguments in (string[][])[["count"], ["a=1", "a=2"], ["a=1", "--arguments", "{}"], ["--arguments", "{"]])
            Assert.Equal(2, (await Cli.RunAsync(stub.Url, ["actions", "invoke", "docs", "largest", .. arguments])).ExitCode);

        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task Invocations_are_listed_shown_cancelled_and_their_results_and_logs_printed()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/invocations?connection=docs&action=largest&state=lost&limit=1&cursor=c", $$"""{"items":[{{Record("lost")}}],"next":"n"}""")
            .On($"GET /v1/invocations/{Id}", Record("lost"))
            .On($"GET /v1/invocations/{Id}/result", "[1, 2]")
            .On($"GET /v1/invocations/{Id}/log", """{"items":[{"line":1,"at":"2026-01-01T00:00:00Z","level":"info","source":"platform","text":"hello"}],"next":null}""")
            .On($"POST /v1/invocations/{Id}/cancel", Record(null), 202);

        var list = await Cli.RunAsync(
            stub.Url, "invocations", "list", "--connection", "docs", "--action", "largest", "--state", "lost", "--limit", "1", "--cursor", "c");
        Assert.Contains($"{Id}\tdocs\tlargest\tlost\t1\tbad_word\tme\t", list.Output, StringComparison.Ordinal);
        Assert.Contains("--cursor n", list.Errors, StringComparison.Ordinal);
        Assert.Contains("\"bad_word\"", (await Cli.RunAsync(stub.Url, "invocations", "show", Id)).Output, StringComparison.Ordinal);
        Assert.Equal("[1, 2]", (await Cli.RunAsync(stub.Url, "invocations", "result", Id)).Output);
        Assert.Contains("hello", (await Cli.RunAsync(stub.Url, "invocations", "log", Id)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "invocations", "cancel", Id)).ExitCode);
    }

    [Fact]
    public async Task A_check_that_did_not_pass_is_exit_code_1()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connections/docs/check", """{"passed":true,"checks":[{"name":"start","passed":true,"message":"It starts.","hint":null}],"isolation":"bwrap"}""")
            .On("POST /v1/connections/docs/check", """{"passed":false,"checks":[{"name":"root","passed":false,"message":"It is not there.","hint":"Make it."}],"isolation":"bwrap"}""");

        Assert.Equal(new Answer(0, "passed  start: It starts.", ""), await Cli.RunAsync(stub.Url, "connections", "check", "docs"));
        Assert.Equal(new Answer(1, "FAILED  root: It is not there.\n  to do: Make it.", ""), await Cli.RunAsync(stub.Url, "connections", "check", "docs"));
    }

    private static string Record(string? outcome) => $$"""
        {"id":"{{Id}}","connection":"docs","action":"largest","state":"{{outcome ?? "running"}}","outcome":{{(outcome is null ? "null" : $"\"{outcome}\"")}},
        "stage":{{(outcome is null ? "\"acting\"" : "null")}},"attempts":1,"progress":{"message":"half of it","fraction":0.5},
        "result":{{(outcome == "succeeded" ? "[1]" : "null")}},"result_bytes":{{(outcome == "succeeded" ? "3" : "null")}},
        "error":{{(outcome is null or "succeeded" ? "null" : """{"code":"bad_word","message":"No word.","retryable":false,"violations":[{"field":"arguments.text","message":"A word."}],"remedy":"Look it up.","detail":null}""")}},
        "actor":"me","created_at":"2026-01-01T00:00:00Z","started_at":null,"finished_at":null}
        """.ReplaceLineEndings("");
}
