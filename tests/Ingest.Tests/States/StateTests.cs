using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Platform.Servers;

namespace Platform.Ingest.Tests.States;

public sealed class StateTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    private string Path => $"/v1/connections/{_run.Connection}/state";

    public async ValueTask InitializeAsync()
    {
        _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));
        _host.Http.DefaultRequestHeaders.Remove(ServiceDefaults.Scopes.Header);
        _host.Http.DefaultRequestHeaders.Add(ServiceDefaults.Scopes.Header, "objects:read objects:write");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_connection_that_never_ran_has_no_state_and_can_be_reset_and_given_one()
    {
        var none = await AskAsync(HttpMethod.Get);
        Assert.Equal((HttpStatusCode.OK, 0), (none.Status, none.Streams.Count));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Delete)).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Delete, "?stream=s")).Status);

        var put = await AskAsync(HttpMethod.Put, body: """{"state": {"since": "2026-01-01"}}""");
        Assert.Equal(HttpStatusCode.OK, put.Status);
        Assert.NotEqual(none.ETag, put.ETag);
        var stream = Assert.Single(put.Streams);
        Assert.Equal(("", "2026-01-01", 1, JsonValueKind.Null), (
            stream.GetProperty("stream").GetString(), stream.GetProperty("state").GetProperty("since").GetString(), stream.GetProperty("version").GetInt64(), stream.GetProperty("run_id").ValueKind));
        // The run that comes next finds the row that the edit has made.
        using var session = await _host.OpenAsync(_run);
        Assert.Equal(1, (await session.LoadAsync(Pages.Range("key-", 0, 1))).Inserted);
    }

    [Fact]
    public async Task What_a_run_has_saved_is_shown_as_json_where_it_is_json()
    {
        await SaveAsync("a", "{\"page\": 7}"u8.ToArray());
        await SaveAsync("b", [0xff, 0x00]);
        await SaveAsync("c", "not json"u8.ToArray());
        await SaveAsync("d", "null"u8.ToArray());
        await SaveAsync("e", "\"\\ud800\""u8.ToArray());
        await SaveAsync("f", Encoding.ASCII.GetBytes(new string('[', 100) + new string(']', 100)));
        await SaveAsync("g", [(byte)'"', 0xff, (byte)'"']);

        var got = await AskAsync(HttpMethod.Get);
        Assert.Equal(_run.Connection, got.Body.GetProperty("connection").GetString());
        Assert.Equal($"\"{got.Body.GetProperty("version").GetString()}\"", got.ETag);
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], got.Streams.Select(s => s.GetProperty("stream").GetString()));
        Assert.Equal(7, got.Streams[0].GetProperty("state").GetProperty("page").GetInt32());
        Assert.Equal(_run.RunId, got.Streams[0].GetProperty("run_id").GetGuid());
        Assert.Equal(11, got.Streams[0].GetProperty("size").GetInt64());
        Assert.Equal(JsonValueKind.Null, got.Streams[3].GetProperty("state").ValueKind);
        foreach (var i in new[] { 1, 2, 4, 5, 6 })
            Assert.False(got.Streams[i].TryGetProperty("state", out _));
        Assert.Equal([0xff, 0x00], got.Streams[1].GetProperty("state_base64").GetBytesFromBase64());
        Assert.Equal("c", Assert.Single((await AskAsync(HttpMethod.Get, "?stream=c")).Streams).GetProperty("stream").GetString());
    }

    [Fact]
    public async Task An_edit_keeps_the_bytes_and_counts_the_version_up()
    {
        const string state = "{ \"n\": 1.50,\"é\":\"\\u00e9\" }";
        var first = await AskAsync(HttpMethod.Put, body: $$"""{"stream": "s", "state": {{state}}}""");
        Assert.Equal(Encoding.UTF8.GetBytes(state), await _host.QueryAsync<byte[]>("SELECT state FROM states WHERE stream = 's'"));
        var second = await AskAsync(HttpMethod.Put, body: """{"stream": "s", "state_base64": "AP8="}""", ifMatch: first.ETag);
        Assert.Equal(HttpStatusCode.OK, second.Status);
        Assert.Equal([0x00, 0xff], await _host.QueryAsync<byte[]>("SELECT state FROM states WHERE stream = 's' AND version = 2"));
    }

    [Fact]
    public async Task A_change_needs_to_name_what_is_there()
    {
        var first = await AskAsync(HttpMethod.Put, body: """{"state": 1}""");
        Assert.Equal((HttpStatusCode.PreconditionRequired, "if_match_required"), (await AskAsync(HttpMethod.Put, body: """{"state": 2}""")).Failure);
        var second = await AskAsync(HttpMethod.Put, body: """{"state": 2}""", ifMatch: first.ETag);
        Assert.Equal(HttpStatusCode.OK, second.Status);
        foreach (var stale in new[] { first.ETag!, "\"x\"", "nonsense", $"W/{second.ETag}" })
        {
            Assert.Equal((HttpStatusCode.PreconditionFailed, "etag_mismatch"), (await AskAsync(HttpMethod.Put, body: """{"state": 3}""", ifMatch: stale)).Failure);
            Assert.Equal((HttpStatusCode.PreconditionFailed, "etag_mismatch"), (await AskAsync(HttpMethod.Delete, ifMatch: stale)).Failure);
        }

        Assert.Equal("2"u8.ToArray(), await _host.QueryAsync<byte[]>("SELECT state FROM states"));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Put, body: """{"state": 3}""", ifMatch: $"\"x\", {second.ETag}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Put, body: """{"state": 4}""", ifMatch: "*")).Status);
    }

    [Fact]
    public async Task A_state_that_was_reset_and_set_again_is_another_one()
    {
        var first = await AskAsync(HttpMethod.Put, body: """{"state": 1}""");
        await AskAsync(HttpMethod.Delete);
        await AskAsync(HttpMethod.Put, body: """{"state": 2}""");
        Assert.Equal("etag_mismatch", (await AskAsync(HttpMethod.Put, body: """{"state": 3}""", ifMatch: first.ETag)).Failure.Code);
    }

    [Fact]
    public async Task A_reset_forgets_one_stream_or_all_and_leaves_other_connections_alone()
    {
        var other = TestRun.New();
        foreach (var stream in new[] { "", "a", "b" })
            await SaveAsync(stream, "1"u8.ToArray());
        await SaveAsync("a", "1"u8.ToArray(), other);
        Assert.Equal(["", "b"], (await AskAsync(HttpMethod.Delete, "?stream=a")).Streams.Select(s => s.GetProperty("stream").GetString()));
        Assert.Equal(["b"], (await AskAsync(HttpMethod.Delete, "?stream=")).Streams.Select(s => s.GetProperty("stream").GetString()));
        Assert.Empty((await AskAsync(HttpMethod.Delete)).Streams);
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(*) FROM states"));
    }

    [Fact]
    public async Task While_a_run_is_open_nothing_is_edited_and_after_it_everything_can_be()
    {
        await SaveAsync("", "1"u8.ToArray());
        var etag = (await AskAsync(HttpMethod.Get)).ETag;
        using (await _host.OpenAsync(_run))
        {
            Assert.Equal((HttpStatusCode.Conflict, "run_active"), (await AskAsync(HttpMethod.Put, body: """{"state": 2}""", ifMatch: etag)).Failure);
            Assert.Equal((HttpStatusCode.Conflict, "run_active"), (await AskAsync(HttpMethod.Delete)).Failure);
            Assert.Equal(etag, (await AskAsync(HttpMethod.Get)).ETag);
        }

        // The call has ended, the run has not: its next attempt goes on from this state.
        Assert.Equal("run_active", (await AskAsync(HttpMethod.Delete)).Failure.Code);
        await _host.CloseAsync(_run, V1.Outcome.Failed);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Put, body: """{"state": 2}""", ifMatch: etag)).Status);
    }

    [Fact]
    public async Task A_run_goes_on_from_what_was_edited_and_its_own_state_counts_on()
    {
        using (var first = await _host.OpenAsync(_run))
            await first.LoadAsync(Pages.Range("key-", 0, 1), "s", state: "1");
        await _host.CloseAsync(_run);
        var saved = await AskAsync(HttpMethod.Get);
        Assert.Equal((1, _run.RunId), (saved.Streams[0].GetProperty("state").GetInt32(), saved.Streams[0].GetProperty("run_id").GetGuid()));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Put, body: """{"stream": "s", "state": 0}""", ifMatch: saved.ETag)).Status);

        using var second = await _host.OpenAsync(_run.Next());
        Assert.Equal("0", second.States["s"]);
        await second.LoadAsync(Pages.Range("key-", 0, 1), "s", state: "2");
        Assert.Equal(3, (await AskAsync(HttpMethod.Get)).Streams[0].GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task An_edit_and_a_run_that_opens_wait_for_each_other()
    {
        await SaveAsync("", "1"u8.ToArray());
        Task<LoadSession> opening;
        Task<Answer> editing;
        await using (await _host.LockAsync(_run))
        {
            opening = _host.OpenAsync(_run);
            await _host.WaitForBlockedLoadAsync();
            editing = AskAsync(HttpMethod.Delete);
            await _host.WaitForBlockedAsync(2);
        }

        // Locks are granted in the order of asking.
        using var session = await opening;
        Assert.Equal("run_active", (await editing).Failure.Code);
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(*) FROM states"));
    }

    [Fact]
    public async Task Of_edits_at_once_one_is_done_and_the_others_hear_of_it()
    {
        var etag = (await AskAsync(HttpMethod.Put, body: """{"state": 0}""")).ETag;
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => AskAsync(HttpMethod.Put, body: $$"""{"state": {{i}}}""", ifMatch: etag)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.Failure == (HttpStatusCode.PreconditionFailed, "etag_mismatch")));
        Assert.Equal(2L, await _host.QueryAsync<long>("SELECT version FROM states"));
    }

    [Fact]
    public async Task A_state_has_at_most_a_mebibyte_and_an_answer_shows_only_so_many()
    {
        var largest = new string('x', (1 << 20) - 2);
        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Put, body: $$"""{"stream": "{{i}}", "state": "{{largest}}"}""")).Status);
        var larger = await AskAsync(HttpMethod.Put, body: $$"""{"stream": "x", "state": "{{largest}}x"}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid_state"), larger.Failure);
        Assert.Equal("too_large", larger.Body.GetProperty("errors")[0].GetProperty("code").GetString());
        Assert.Equal(8, (await AskAsync(HttpMethod.Get)).Streams.Count(s => s.TryGetProperty("state", out _)));
        Assert.Equal(largest, Assert.Single((await AskAsync(HttpMethod.Get, "?stream=9")).Streams).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("{}", "state")]
    [InlineData("""{"state": 1, "state_base64": "AA=="}""", "state")]
    [InlineData("""{"state_base64": "=="}""", "state_base64")]
    [InlineData("""{"stream": "a\u0000b", "state_base64": "?"}""", "stream state_base64")]
    public async Task Every_wrong_field_is_named(string body, string fields)
    {
        var answer = await AskAsync(HttpMethod.Put, body: body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid_state"), answer.Failure);
        Assert.Equal(fields, string.Join(' ', answer.Body.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString())));
    }

    [Fact]
    public async Task Bodies_that_are_no_such_json_and_names_that_can_not_be_are_refused()
    {
        Assert.Equal((HttpStatusCode.BadRequest, "malformed_json"), (await AskAsync(HttpMethod.Put, body: """{"state": 1, "steam": ""}""")).Failure);
        Assert.Equal((HttpStatusCode.BadRequest, "malformed_json"), (await AskAsync(HttpMethod.Put, body: """{"state": """)).Failure);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid_state"), (await AskAsync(HttpMethod.Get, "?stream=%00")).Failure);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid_state"), (await AskAsync(HttpMethod.Delete, "?stream=" + new string('x', 256))).Failure);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task An_unknown_connection_and_a_missing_scope_are_told(string method)
    {
        using var unknown = await _host.Http.SendAsync(Request(new(method), "/v1/connections/nobody/state", """{"state": 1}"""), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.NotFound, "unknown_connection"), ((await Answer.ReadAsync(unknown)).Failure));
        _host.Http.DefaultRequestHeaders.Remove(ServiceDefaults.Scopes.Header);
        _host.Http.DefaultRequestHeaders.Add(ServiceDefaults.Scopes.Header, method == "GET" ? "objects:write" : "objects:read");
        Assert.Equal((HttpStatusCode.Forbidden, "insufficient_scope"), (await AskAsync(new(method), body: """{"state": 1}""")).Failure);
    }

    /// <summary>As a page that carries a state leaves it.</summary>
    private async Task SaveAsync(string stream, byte[] state, TestRun? run = null)
    {
        run ??= _run;
        await _host.ExecuteAsync("INSERT INTO connections (connection_id, name, connector) VALUES ($1, $2, 'files') ON CONFLICT DO NOTHING", run.ConnectionId, run.Connection);
        await _host.ExecuteAsync("INSERT INTO states VALUES ($1, $2, $3, 1, $4, now())", run.ConnectionId, stream, state, run.RunId);
    }

    private async Task<Answer> AskAsync(HttpMethod method, string query = "", string? body = null, string? ifMatch = null)
    {
        using var request = Request(method, Path + query, body);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await _host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response);
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string? body) =>
        new(method, path) { Content = body is null || method != HttpMethod.Put ? null : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
}
