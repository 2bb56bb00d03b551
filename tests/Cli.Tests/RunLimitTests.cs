using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class RunLimitTests
{
    private const string Path = "/v1/runs/limits";
    private const string Limits = """{"global":8,"connectors":{"files":2,"mail":1}}""";

    [Fact]
    public async Task They_are_shown()
    {
        await using var stub = (await StubGateway.StartAsync()).On($"GET {Path}", Limits);

        Assert.Equal(new Answer(0, "connector\tat once\nall together\t8\nfiles\t2\nmail\t1", ""), await Cli.RunAsync(stub.Url, "runs", "limits"));
        Assert.Equal(8, JsonDocument.Parse((await Cli.RunAsync(stub.Url, "runs", "limits", "--json")).Output).RootElement.GetProperty("global").GetInt32());
    }

    [Fact]
    public async Task What_is_given_is_changed_and_the_others_stay()
    {
        await using var stub = (await StubGateway.StartAsync()).On($"GET {Path}", Limits).On($"PUT {Path}", Limits);

        var answer = await Cli.RunAsync(stub.Url, "runs", "limits", "--global", "none", "--connector", "mail=none", "--connector", "web=3");

        Assert.Equal((0, ""), (answer.ExitCode, answer.Errors));
        var sent = JsonDocument.Parse(stub.Requests.Last().Body).RootElement;
        Assert.False(sent.TryGetProperty("global", out var global) && global.ValueKind != JsonValueKind.Null);
        Assert.Equal("""{"files":2,"web":3}""", sent.GetProperty("connectors").GetRawText());
    }

    [Theory]
    [InlineData("--global", "few")]
    [InlineData("--connector", "files")]
    [InlineData("--connector", "files=few")]
    public async Task What_is_no_limit_is_wrong_usage(string option, string value)
    {
        await using var stub = (await StubGateway.StartAsync()).On($"GET {Path}", Limits);

        var answer = await Cli.RunAsync(stub.Url, "runs", "limits", option, value);

        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith("error bad_usage", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sync_from_the_start_asks_for_it()
    {
        const string Run = """{"id":"0199a1b2-0000-7000-8000-000000000001","connection":"docs","state":"queued","attempt":0}""";
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/runs", Run, 202);

        await Cli.RunAsync(stub.Url, "sync", "docs", "--from-start", "--no-wait");

        Assert.Equal("""{"connection":"docs","from_start":true}""", stub.Requests.Single().Body);
    }
}
