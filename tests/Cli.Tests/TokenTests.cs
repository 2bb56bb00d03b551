namespace Platform.Cli.Tests;

public sealed class TokenTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000009";
    private const string Token = $$"""
        "id":"{{Id}}","name":"reporting","scopes":["objects:read","runs:read"],"addresses":["10.0.0.0/8"],"created_at":"2026-01-01T00:00:00Z","created_by":"bootstrap","expires_at":null,"last_used_at":"2026-01-02T00:00:00Z","revoked_at":null
        """;

    [Fact]
    public async Task A_token_is_made_and_its_text_alone_is_on_standard_output()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/tokens", $$"""{"token":"cpt_new",{{Token}}}""", 201);

        var answer = await Cli.RunAsync(stub.Url, "tokens", "create", "reporting", "--scope", "objects:read", "--scope", "runs:read", "--address", "10.0.0.0/8");

        Assert.Equal((0, "cpt_new"), (answer.ExitCode, answer.Output));
        Assert.Contains("nobody can show it again", answer.Errors, StringComparison.Ordinal);
        Assert.Equal("""{"name":"reporting","scopes":["objects:read","runs:read"],"addresses":["10.0.0.0/8"]}""", stub.Requests.Last().Body);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3651")]
    public async Task Days_that_make_no_sense_are_refused_here(string days) =>
        Assert.Equal(2, (await Cli.RunAsync("http://127.0.0.1:1", "tokens", "create", "x", "--scope", "admin", "--expires-days", days)).ExitCode);

    [Fact]
    public async Task They_are_listed_rotated_and_revoked()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/tokens?revoked=true", $$"""{"items":[{{{Token}}}],"next":null}""")
            .On("POST /v1/tokens/reporting/rotate?overlap_seconds=60", $$"""{"token":"cpt_next","previous_until":"2026-01-03T00:00:00Z",{{Token}}}""")
            .On("DELETE /v1/tokens/reporting", context =>
            {
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            });

        Assert.Equal(
            $"name\tscopes\texpires\tlast used\taddresses\tstate\tid\nreporting\tobjects:read runs:read\tnever\t2026-01-02 00:00:00Z\t10.0.0.0/8\tusable\t{Id}",
            (await Cli.RunAsync(stub.Url, "tokens", "list", "--revoked")).Output.TrimEnd('\n'));
        var rotated = await Cli.RunAsync(stub.Url, "tokens", "rotate", "reporting", "--overlap-seconds", "60");
        Assert.Equal("cpt_next", rotated.Output);
        Assert.Contains("works until 2026-01-03 00:00:00Z", rotated.Errors, StringComparison.Ordinal);
        Assert.Equal(new Answer(0, "reporting is revoked.", ""), await Cli.RunAsync(stub.Url, "tokens", "revoke", "reporting"));
    }
}
