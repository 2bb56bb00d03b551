using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class ErrorTests
{
    private const string Problem = """
        {"type":"urn:platform:problem:invalid_manifest","title":"The manifest is not valid","status":422,"detail":"2 fields are wrong.","code":"invalid_manifest","remedy":"Correct them.","errors":[{"field":"command","code":"required","message":"is missing"},{"field":"source","code":"unknown_source","message":"must be HTTP, VCS or Local"}]}
        """;

    [Fact]
    public async Task A_problem_is_told_with_its_code_every_field_and_the_remedy()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", Problem, 422);

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list");

        Assert.Equal(
            new Answer(3, "", """
                error invalid_manifest: 2 fields are wrong.
                  command: is missing
                  source: must be HTTP, VCS or Local
                  to do: Correct them.
                """),
            answer);
    }

    [Fact]
    public async Task With_json_a_problem_goes_to_standard_error_as_it_came()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", Problem, 422);

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list", "--json");

        Assert.Equal((3, ""), (answer.ExitCode, answer.Output));
        Assert.Equal("invalid_manifest", JsonDocument.Parse(answer.Errors).RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_refused_token_has_an_exit_code_of_its_own()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", """{"code":"invalid_token","status":401,"detail":"The token is unknown here or revoked."}""", 401);

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list");

        Assert.Equal(5, answer.ExitCode);
        Assert.Contains("error invalid_token: The token is unknown here or revoked.", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("PLATFORM_TOKEN", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("connectors", "list")]
    [InlineData("sync", "docs")]
    public async Task A_platform_that_does_not_run_is_told_with_the_way_to_start_it(params string[] args)
    {
        var answer = await Cli.RunAsync("http://127.0.0.1:1", args);

        Assert.Equal((4, ""), (answer.ExitCode, answer.Output));
        Assert.Contains("error not_reachable: http://127.0.0.1:1 is not reachable", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("./platform up", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("connectors")]
    [InlineData("nonsense")]
    [InlineData("sync")]
    [InlineData("objects", "list", "--limit", "many")]
    [InlineData("connections", "create", "x")]
    [InlineData("connections", "create", "x", "--connector", "c", "--options", "1", "--options-file", "f")]
    [InlineData("connectors", "install", "no-such-file.json")]
    [InlineData("state", "set", "x")]
    [InlineData("state", "set", "x", "--state", "1", "--state-file", "f")]
    [InlineData("state", "set", "x", "--state-file", "no-such-file")]
    [InlineData("rejects", "show", "many")]
    public async Task Wrong_usage_is_exit_code_2_and_asks_nobody(params string[] args)
    {
        await using var stub = await StubGateway.StartAsync();

        var answer = await Cli.RunAsync(stub.Url, args);

        Assert.Equal((2, ""), (answer.ExitCode, answer.Output));
        Assert.StartsWith("error ", answer.Errors, StringComparison.Ordinal);
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task Something_else_behind_the_address_is_named_as_such()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", "<html>");

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list");

        Assert.Equal(4, answer.ExitCode);
        Assert.Contains("is this the platform's gateway?", answer.Errors, StringComparison.Ordinal);
    }
}
