using System.Text.Json;

namespace Platform.Cli.Tests;

/// <summary><c>image check</c>: the report as words, and its worst point as the exit code.</summary>
public sealed class ImageCheckTests
{
    [Theory]
    [InlineData(true, "should", 0)]
    [InlineData(false, "must", 1)]
    public async Task The_exit_code_tells_whether_a_must_failed(bool passed, string grade, int exitCode)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/check", Report(passed, grade));

        var answer = await Cli.RunAsync(stub.Url, "image", "check", "things:1", "--config", "/srv/things");

        Assert.Equal(exitCode, answer.ExitCode);
        Assert.Contains($"A1\t{grade}\tFAILED\tThe token\tIt was open.", answer.Output, StringComparison.Ordinal);
        Assert.Contains("  to do: Close it.", answer.Output, StringComparison.Ordinal);
        Assert.Contains("warning not_checked: Telemetry was not checked.", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_it_is_the_whole_report()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/check", Report(true, "info"));

        var answer = await Cli.RunAsync(stub.Url, "image", "check", "things:1", "--json");

        Assert.Equal((0, ""), (answer.ExitCode, answer.Errors));
        Assert.Equal("It was open.", JsonElement.Parse(answer.Output).GetProperty("points")[0].GetProperty("seen").GetString());
    }

    private static string Report(bool passed, string grade) => $$"""
        {"image":"things:1","id":"sha256:1","passed":{{(passed ? "true" : "false")}},"failed":{"must":1,"should":0,"info":0},"points":[{"id":"A1","grade":"{{grade}}",
        "title":"The token","outcome":"failed","seen":"It was open.","remedy":"Close it."}],"warnings":["Telemetry was not checked."],"seconds":12.5}
        """;
}
