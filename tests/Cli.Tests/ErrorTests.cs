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
    [InlineData("connections", "show", "")]
    [InlineData("connections", "show", ".")]
    [InlineData("actions", "show", "docs", "..")]
    [InlineData("connections", "delete", "--yes", "")]
    [InlineData("tokens", "revoke", "")]
    [InlineData("webhooks", "replay", "ops", "")]
    [InlineData("oms", "check", "")]
    [InlineData("image", "build", "-t", "x", "")]
    [InlineData("runs", "list", "--connection", "")]
    [InlineData("lock", "show", "--output", "")]
    [InlineData("doctor", "--data", "")]
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

    [Theory]
    [InlineData(502, "error http_502: The answer is 502 (BadGateway), without a problem document: it may come from a proxy on the way.\n  to do: Try again in a moment; platform doctor says what is wrong.")]
    [InlineData(429, "error http_429: The answer is 429 (TooManyRequests), without a problem document: it may come from a proxy on the way.\n  to do: Try again in 7 s.")]
    public async Task A_proxys_page_is_told_as_its_status_and_the_time_to_wait(int status, string expected)
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/html";
            if (status == 429) context.Response.Headers.RetryAfter = "7";
            return context.Response.Body.WriteAsync("<html>busy</html>"u8.ToArray()).AsTask();
        });

        Assert.Equal(new Answer(3, "", expected), await Cli.RunAsync(stub.Url, "connectors", "list"));
    }

    [Theory]
    [InlineData(403, """{"code":"insufficient_scope","status":403,"detail":"The scope admin is needed."}""", "error insufficient_scope: The scope admin is needed.\n  to do: Use a token with the scope")]
    [InlineData(503, """{"code":"overloaded","status":503,"detail":"Too many requests wait.","remedy":"Send less at once."}""", "error overloaded: Too many requests wait.\n  to do: Try again in 2 s. Send less at once.")]
    [InlineData(500, "[]", "error http_500: ")]
    public async Task A_refusal_is_told_with_what_to_do(int status, string body, string expected)
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", context =>
        {
            context.Response.StatusCode = status;
            if (status == 503) context.Response.Headers.RetryAfter = "2";
            return context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(body)).AsTask();
        });

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list");

        Assert.Equal((3, ""), (answer.ExitCode, answer.Output));
        Assert.StartsWith(expected, answer.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_does_not_speak_tls_is_told_without_a_stack()
    {
        await using var stub = await StubGateway.StartAsync();

        var answer = await Cli.RunAsync(stub.Url.Replace("http:", "https:", StringComparison.Ordinal), "connectors", "list");

        Assert.Equal(4, answer.ExitCode);
        Assert.StartsWith("error tls_failed: ", answer.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_has_another_shape_is_no_stack_trace()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", "[1]");

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list");

        Assert.Equal(4, answer.ExitCode);
        Assert.StartsWith("error bad_answer: ", answer.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpt_a\nb")]
    [InlineData("cpt_ä")]
    [InlineData("two words")]
    public async Task A_token_that_can_be_none_is_told_without_itself_and_asks_nobody(string token)
    {
        await using var stub = await StubGateway.StartAsync();
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunInShellAsync($"export PLATFORM_TOKEN='{token}'; \"$@\"", "connectors", "list");

        Assert.Equal((5, ""), (answer.ExitCode, answer.Output));
        Assert.Matches("^error bad_token: [^\n]+\n  to do: .*PLATFORM_TOKEN", answer.Errors);
        Assert.DoesNotContain(token, answer.Errors, StringComparison.Ordinal);
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task The_doctor_tells_of_such_a_token_and_looks_at_the_rest()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /alive", "{}");
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunInShellAsync("export PLATFORM_TOKEN=$'cpt_a\\nb'; \"$@\"", "doctor");

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains($"ok\tgateway\tok\t{stub.Url}", answer.Output, StringComparison.Ordinal);
        Assert.Contains("failed\ttoken\tbad_token\t", answer.Output, StringComparison.Ordinal);
        Assert.Equal(["GET /alive"], stub.Requests.Select(request => request.Request));
    }
}
