using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Platform.Servers;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Rejects;

public sealed class ReadRejectsTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private RejectsHost _rejects = null!;

    public async ValueTask InitializeAsync() => _rejects = await RejectsHost.StartAsync(servers.PostgresConnectionString("ingest"), ("Load:MaxObjectBytes", "200000"));

    public ValueTask DisposeAsync() => _rejects.DisposeAsync();

    [Fact]
    public async Task A_reject_is_shown_with_its_fields_and_its_bytes()
    {
        var nul = Pages.Object("ключ", "{\"a\":\"\0\"}");
        nul.Uri = ByteString.CopyFrom(0xc3, 0x28);
        var id = await _rejects.RejectAsync(_run, nul, "s");
        var item = (await _rejects.AskAsync(HttpMethod.Get, $"/v1/rejects/{id}")).Body;
        Assert.Equal(
            (id, _run.Connection, _run.RunId, "s", "invalid_utf8", "ключ"),
            (item.GetProperty("id").GetInt64(), Text("connection"), item.GetProperty("run_id").GetGuid(), Text("stream"), Text("reason"), Text("remote_id")));
        Assert.Equal((nul.CalculateSize(), true, false), (item.GetProperty("size").GetInt32(), item.GetProperty("complete").GetBoolean(), item.GetProperty("is_delete").GetBoolean()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(nul.ToByteArray())), Text("sha256"));
        Assert.Equal(nul.ToByteArray(), item.GetProperty("raw_base64").GetBytesFromBase64());
        var fields = item.GetProperty("fields");
        Assert.Equal(("ключ", "file", null, "{\"a\":\"\0\"}"), (Text("remote_id", fields), Text("resource_name", fields), Text("uri", fields), Text("metadata", fields)));
        Assert.Equal(nul.ToByteArray(), await _rejects.Host.Http.GetByteArrayAsync($"/v1/rejects/{id}/raw", TestContext.Current.CancellationToken));
        string? Text(string name, JsonElement? of = null) => (of ?? item).GetProperty(name).GetString();
    }

    [Fact]
    public async Task Of_an_object_over_the_limit_the_beginning_is_shown()
    {
        var large = Pages.Object("large", new string('x', 300_000));
        var id = await _rejects.RejectAsync(_run, large);
        var item = (await _rejects.AskAsync(HttpMethod.Get, $"/v1/rejects/{id}")).Body;
        Assert.Equal(("object_too_large", "large", false, JsonValueKind.Null), (
            item.GetProperty("reason").GetString(), item.GetProperty("remote_id").GetString(), item.GetProperty("complete").GetBoolean(), item.GetProperty("fields").ValueKind));
        Assert.Equal(large.ToByteArray()[..65536], item.GetProperty("raw_base64").GetBytesFromBase64());
    }

    [Fact]
    public async Task The_bytes_of_a_large_one_are_had_apart()
    {
        await using var host = await RejectsHost.StartAsync(servers.PostgresConnectionString("ingest"));
        var large = Pages.Object("nul", new string('x', 3 << 20) + "\0");
        var id = await host.RejectAsync(_run, large);
        var item = (await host.AskAsync(HttpMethod.Get, $"/v1/rejects/{id}")).Body;
        Assert.Equal((true, JsonValueKind.Null, JsonValueKind.Null), (item.GetProperty("complete").GetBoolean(), item.GetProperty("raw_base64").ValueKind, item.GetProperty("fields").ValueKind));
        Assert.Equal(large.ToByteArray(), await host.Host.Http.GetByteArrayAsync($"/v1/rejects/{id}/raw", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_key_that_is_no_text_is_null_in_lists()
    {
        await _rejects.RejectAsync(_run, RejectsHost.Object([0xff]));
        Assert.Equal(JsonValueKind.Null, Assert.Single((await _rejects.ListAsync()).Items).GetProperty("remote_id").ValueKind);
    }

    [Fact]
    public async Task Filters_narrow()
    {
        var (second, other) = (_run.Next(), TestRun.New());
        await _rejects.RunAsync(_run, "s", [Pages.Object(""), Pages.Object("a", "\0")]);
        await _rejects.RunAsync(second, Pages.Object(""));
        await _rejects.RunAsync(other, "s", [Pages.Object("")]);
        Assert.Equal(4, (await _rejects.ListAsync()).Items.Count);
        Assert.Equal(3, (await _rejects.ListAsync($"?connection={_run.Connection}")).Items.Count);
        Assert.Equal(2, (await _rejects.ListAsync($"?run={_run.RunId}")).Items.Count);
        Assert.Equal(3, (await _rejects.ListAsync("?stream=s")).Items.Count);
        Assert.Single((await _rejects.ListAsync("?stream=")).Items);
        Assert.Equal(3, (await _rejects.ListAsync("?reason=empty_key")).Items.Count);
        Assert.Single((await _rejects.ListAsync($"?connection={_run.Connection}&run={_run.RunId}&stream=s&reason=nul_character")).Items);
        Assert.Empty((await _rejects.ListAsync("?stream=%00")).Items);
    }

    [Fact]
    public async Task Pages_go_from_the_newest_to_the_oldest_and_do_not_shift_when_others_come_and_go()
    {
        await _rejects.RunAsync(_run, Enumerable.Range(0, 25).Select(_ => Pages.Object("")));
        var oldest = await _rejects.Host.QueryAsync<long[]>("SELECT array_agg(id ORDER BY id DESC) FROM rejects");
        var seen = new List<long>();
        var run = _run;
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await _rejects.ListAsync($"?limit=7&cursor={cursor}");
            seen.AddRange(page.Items.Select(i => i.GetProperty("id").GetInt64()));
            cursor = page.Next;
            await _rejects.RunAsync(run = run.Next(), Pages.Object(""), Pages.Object(""));
            Assert.Equal(HttpStatusCode.NoContent, (await _rejects.AskAsync(HttpMethod.Delete, $"/v1/rejects/{seen[^1]}")).Status);
        }

        Assert.Equal(oldest, seen);
    }

    [Theory]
    [InlineData("GET", "/v1/rejects?connection=nobody", 404, "unknown_connection")]
    [InlineData("GET", "/v1/rejects?limit=0", 400, "bad_limit")]
    [InlineData("GET", "/v1/rejects?cursor=nonsense", 400, "bad_cursor")]
    [InlineData("GET", "/v1/rejects?cursor=WyJhIl0", 400, "bad_cursor")]
    [InlineData("GET", "/v1/rejects?run=x", 400, "bad_request")]
    [InlineData("GET", "/v1/rejects/7", 404, "unknown_reject")]
    [InlineData("GET", "/v1/rejects/7/raw", 404, "unknown_reject")]
    [InlineData("DELETE", "/v1/rejects/7", 404, "unknown_reject")]
    [InlineData("POST", "/v1/rejects/7/replay", 404, "unknown_reject")]
    [InlineData("GET", "/v1/rejects/x", 404, "not_found")]
    public async Task Bad_input_gets_a_problem(string method, string path, int status, string code) =>
        Assert.Equal(((HttpStatusCode)status, code), (await _rejects.AskAsync(new(method), path)).Failure);

    [Fact]
    public async Task The_scopes_are_needed()
    {
        foreach (var (held, method, path) in new[]
        {
            ("objects:write", "GET", "/v1/rejects"), ("objects:write", "GET", "/v1/rejects/1"), ("objects:write", "GET", "/v1/rejects/1/raw"),
            ("objects:read", "DELETE", "/v1/rejects/1"), ("objects:read", "POST", "/v1/rejects/1/replay"),
        })
        {
            _rejects.Host.Http.DefaultRequestHeaders.Remove(ServiceDefaults.Scopes.Header);
            _rejects.Host.Http.DefaultRequestHeaders.Add(ServiceDefaults.Scopes.Header, held);
            Assert.Equal((HttpStatusCode.Forbidden, "insufficient_scope"), (await _rejects.AskAsync(new(method), path)).Failure);
        }
    }
}
