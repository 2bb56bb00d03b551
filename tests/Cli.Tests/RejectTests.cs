using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class RejectTests
{
    private const string Reject = """
        {"id":7,"connection":"docs","run_id":"0199a1b2-0000-7000-8000-000000000001","stream":"","reason":"empty_key","remote_id":null,"size":12,"sha256":"00","complete":true,"is_delete":false,"rejected_at":"2026-01-01T00:00:00Z"}
        """;

    [Fact]
    public async Task They_are_listed_with_every_filter()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/rejects?connection=docs&run=r&stream=&reason=empty_key&limit=1&cursor=c", $$"""{"items":[{{Reject}}],"next":"n1"}""");

        var answer = await Cli.RunAsync(
            stub.Url, "rejects", "list", "--connection", "docs", "--run", "r", "--stream", "", "--reason", "empty_key", "--limit", "1", "--cursor", "c");

        Assert.Equal((0, "id\tconnection\tstream\tremote_id\treason\tsize\trejected\n7\tdocs\t\t\tempty_key\t12\t2026-01-01 00:00:00Z"), (answer.ExitCode, answer.Output));
        Assert.Contains("--cursor n1", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_is_shown_and_dismissed()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/rejects/7", Reject).On("DELETE /v1/rejects/7", context =>
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        });

        Assert.Equal(7, JsonDocument.Parse((await Cli.RunAsync(stub.Url, "rejects", "show", "7", "--json")).Output).RootElement.GetProperty("id").GetInt64());
        Assert.Contains("\"empty_key\"", (await Cli.RunAsync(stub.Url, "rejects", "show", "7")).Output, StringComparison.Ordinal);
        Assert.Equal(new Answer(0, "Dismissed reject 7.", ""), await Cli.RunAsync(stub.Url, "rejects", "dismiss", "7"));
        Assert.True(JsonDocument.Parse((await Cli.RunAsync(stub.Url, "rejects", "dismiss", "7", "--json")).Output).RootElement.GetProperty("dismissed").GetBoolean());
    }

    [Fact]
    public async Task One_is_replayed_as_it_was_asked_for()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/rejects/7/replay", """{"id":7,"connection":"docs","stream":"","remote_id":"a","result":"inserted"}""");

        Assert.Equal(new Answer(0, "a: inserted.", ""), await Cli.RunAsync(stub.Url, "rejects", "replay", "7", "--remote-id", "a", "--replace-invalid", "--force"));
        Assert.Equal("""{"remote_id":"a","replace_invalid":true,"force":true}""", stub.Requests.Last().Body);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "rejects", "replay", "7", "--json")).ExitCode);
        Assert.Equal("""{"replace_invalid":false,"force":false}""", stub.Requests.Last().Body);
    }

    [Fact]
    public async Task What_the_api_refuses_is_exit_code_3()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/rejects/7/replay", """{"code":"reject_superseded","status":409,"detail":"Newer.","remedy":"Dismiss it."}""", 409);

        Assert.Equal(new Answer(3, "", "error reject_superseded: Newer.\n  to do: Dismiss it."), await Cli.RunAsync(stub.Url, "rejects", "replay", "7"));
    }
}
