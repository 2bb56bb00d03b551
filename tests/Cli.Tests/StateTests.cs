using System.Text;
using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class StateTests
{
    private const string State = """
        {"connection":"docs","version":"v1","streams":[{"stream":"","size":9,"state":{"page":7},"version":2,"run_id":null,"updated_at":"2026-01-01T00:00:00Z"},{"stream":"s","size":2,"state_base64":"AP8=","version":1,"run_id":"0199a1b2-0000-7000-8000-000000000001","updated_at":"2026-01-01T00:00:00Z"},{"stream":"t","size":4,"state":null,"version":1,"run_id":null,"updated_at":null},{"stream":"u","size":4,"version":1,"run_id":null,"updated_at":null}]}
        """;

    private const string Lines =
        "stream\tversion\trun\tupdated\tstate\n\t2\tby hand\t2026-01-01 00:00:00Z\t{\"page\":7}\ns\t1\t0199a1b2-0000-7000-8000-000000000001\t2026-01-01 00:00:00Z\tbase64 AP8=\nt\t1\tby hand\t\tnull\nu\t1\tby hand\t\t4 bytes: --stream shows them";

    [Fact]
    public async Task It_is_shown_by_stream()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connections/docs/state", State).On("GET /v1/connections/docs/state?stream=", State);

        Assert.Equal(new Answer(0, Lines, ""), await Cli.RunAsync(stub.Url, "state", "show", "docs"));
        var json = await Cli.RunAsync(stub.Url, "state", "show", "docs", "--stream", "", "--json");
        Assert.Equal(7, JsonDocument.Parse(json.Output).RootElement.GetProperty("streams")[0].GetProperty("state").GetProperty("page").GetInt32());
    }

    [Theory]
    [InlineData("inline")]
    [InlineData("file")]
    [InlineData("stdin")]
    public async Task It_is_set_byte_for_byte_in_the_place_of_what_was_read(string way)
    {
        const string state = " {\"page\": 8,  \"ä\": 1}\n";
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connections/docs/state", State).On("PUT /v1/connections/docs/state", State);
        using var cli = new Cli(stub.Url);
        string[] given = way switch
        {
            "inline" => ["--state", state],
            "file" => ["--state-file", cli.Write("state", state)],
            _ => ["--state", "-"],
        };

        var answer = await cli.RunAsync(way == "stdin" ? state : null, null, ["state", "set", "docs", "--stream", "s", .. given]);

        Assert.Equal(new Answer(0, Lines, ""), answer);
        var body = JsonDocument.Parse(stub.Requests.Last().Body).RootElement;
        Assert.Equal("s", body.GetProperty("stream").GetString());
        Assert.Equal(Encoding.UTF8.GetBytes(state), body.GetProperty("state_base64").GetBytesFromBase64());
    }

    [Theory]
    [InlineData(null, "\"v1\"")]
    [InlineData("v0", "\"v0\"")]
    public async Task What_is_replaced_is_named(string? version, string sent)
    {
        string? ifMatch = null;
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connections/docs/state", State).On("PUT /v1/connections/docs/state", async context =>
        {
            ifMatch = context.Request.Headers.IfMatch;
            context.Response.StatusCode = 412;
            context.Response.ContentType = "application/problem+json";
            await context.Response.Body.WriteAsync("""{"code":"etag_mismatch","status":412,"detail":"It has changed."}"""u8.ToArray());
        });

        var answer = await Cli.RunAsync(stub.Url, ["state", "set", "docs", "--state", "1", .. version is null ? Array.Empty<string>() : ["--if-version", version]]);

        Assert.Equal((3, "", "error etag_mismatch: It has changed."), (answer.ExitCode, answer.Output, answer.Errors));
        Assert.Equal(sent, ifMatch);
    }

    [Fact]
    public async Task It_is_reset_for_one_stream_or_for_all()
    {
        const string none = """{"connection":"docs","version":"v2","streams":[]}""";
        await using var stub = (await StubGateway.StartAsync())
            .On("DELETE /v1/connections/docs/state", none)
            .On("DELETE /v1/connections/docs/state?stream=s", State);

        Assert.Equal(new Answer(0, "stream\tversion\trun\tupdated\tstate", ""), await Cli.RunAsync(stub.Url, "state", "reset", "docs"));
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "state", "reset", "docs", "--stream", "s")).ExitCode);
        Assert.Equal("v2", JsonDocument.Parse((await Cli.RunAsync(stub.Url, "state", "reset", "docs", "--json")).Output).RootElement.GetProperty("version").GetString());
    }
}
