using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Platform.Ingest.Objects;
using Platform.Servers;

namespace Platform.Ingest.Tests.Objects;

public sealed class ListObjectsTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task An_object_is_shown_as_it_was_sent()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Encode(Pages.Object("a/b", "{ \"é\": 1 }")), "files");
        var item = Assert.Single((await GetAsync($"?connection={_run.Connection}")).Items);
        Assert.Equal(
            (_run.Connection, "files", "a/b", "file", "file:///a/b", "{ \"é\": 1 }", 1),
            (Text("connection"), Text("stream"), Text("remote_id"), Text("resource_name"), Text("uri"), Text("metadata"), item.GetProperty("change_seq").GetInt64()));
        Assert.InRange(item.GetProperty("updated_at").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Equal(item.GetProperty("updated_at").GetString(), item.GetProperty("created_at").GetString());
        Assert.Equal(JsonValueKind.Null, item.GetProperty("deleted_at").ValueKind);
        string? Text(string name) => item.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Filters_narrow_by_connection_and_stream_and_deleted_objects_are_left_out()
    {
        var other = TestRun.New();
        using var one = await _host.OpenAsync(_run);
        using var two = await _host.OpenAsync(other);
        await one.LoadAsync(Pages.Range("one-", 0, 3));
        await one.LoadAsync(Pages.Range("named-", 0, 2), "s");
        await two.LoadAsync(Pages.Range("two-", 0, 4));
        await _host.ExecuteAsync("UPDATE objects SET deleted_at = now() WHERE remote_id = 'one-1'");
        Assert.Equal(8, (await GetAsync("")).Items.Count);
        Assert.Equal(["one-0", "one-2", "named-0", "named-1"], Ids(await GetAsync($"?connection={_run.Connection}")));
        Assert.Equal(["one-0", "one-2"], Ids(await GetAsync($"?connection={_run.Connection}&stream=")));
        Assert.Equal(["named-0", "named-1"], Ids(await GetAsync("?stream=s")));
    }

    [Fact]
    public async Task Paging_shows_every_standing_object_once_while_others_come_in_between()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Encode(Enumerable.Range(0, 100).Select(i => Pages.Object($"{i * 10:D4}"))));
        await session.LoadAsync(Pages.Encode(Enumerable.Range(0, 20).Select(i => Pages.Object($"{i * 10:D4}"))), "t");
        var seen = new List<string>();
        var cursor = "";
        for (var page = 0; cursor is not null; page++)
        {
            var got = await GetAsync($"?connection={_run.Connection}&limit=7&cursor={cursor}");
            seen.AddRange(got.Items.Select(i => $"{i.GetProperty("stream")}/{i.GetProperty("remote_id")}"));
            cursor = got.Next;
            // One before and one behind where the reader is, and a rewrite of one that it has not seen.
            await session.LoadAsync(Pages.Encode(Pages.Object($"0000{page}"), Pages.Object($"{page * 70 + 75:D4}"), Pages.Object($"{990 - page:D4}", "{\"v\":2}")));
        }

        Assert.Equal(seen.Distinct(), seen);
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.Superset(Enumerable.Range(0, 100).Select(i => $"/{i * 10:D4}").Concat(Enumerable.Range(0, 20).Select(i => $"t/{i * 10:D4}")).ToHashSet(), seen.ToHashSet());
    }

    [Fact]
    public async Task The_list_over_all_connections_pages_too()
    {
        for (var i = 0; i < 3; i++)
        {
            using var session = await _host.OpenAsync(TestRun.New());
            await session.LoadAsync(Pages.Range("key-", 0, 5));
        }

        var first = await GetAsync("?limit=8");
        var second = await GetAsync($"?limit=8&cursor={first.Next}");
        Assert.Equal((8, 7, null), (first.Items.Count, second.Items.Count, second.Next));
        Assert.Equal(15, first.Items.Concat(second.Items).Select(i => $"{i.GetProperty("connection")}/{i.GetProperty("remote_id")}").Distinct().Count());
    }

    [Fact]
    public async Task A_page_of_large_objects_ends_early()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 5, new string('x', 3 << 20)));
        var first = await GetAsync($"?connection={_run.Connection}");
        Assert.Equal(3, first.Items.Count);
        Assert.Equal(2, (await GetAsync($"?connection={_run.Connection}&cursor={first.Next}")).Items.Count);
        Assert.Equal(3, (await GetAsync($"?connection={_run.Connection}&since=0")).Items.Count);
    }

    [Theory]
    [InlineData("?connection=nobody", HttpStatusCode.NotFound, "unknown_connection")]
    [InlineData("?limit=0", HttpStatusCode.BadRequest, "bad_limit")]
    [InlineData("?limit=1001", HttpStatusCode.BadRequest, "bad_limit")]
    [InlineData("?cursor=nonsense", HttpStatusCode.BadRequest, "bad_cursor")]
    [InlineData("?cursor=WyJhIiwiYiIsImMiXQ", HttpStatusCode.BadRequest, "bad_cursor")]
    public async Task Bad_input_gets_a_problem(string query, HttpStatusCode status, string code)
    {
        using var response = await _host.Http.GetAsync("/v1/objects" + query, TestContext.Current.CancellationToken);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((status, code), (response.StatusCode, problem.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_page_deep_in_a_connection_reads_no_more_than_the_first()
    {
        await _host.StoreConnectionAsync(_run);
        await _host.ExecuteAsync(
            """
            INSERT INTO objects (connection_id, stream, remote_id, resource_name, uri, metadata, hash, ordinal, is_json, change_seq)
            SELECT $1, '', to_char(i, 'FM000000'), '', '', '{}', decode(md5(''), 'hex'), i, true, i FROM generate_series(1, 50000) i
            """, _run.ConnectionId);
        await _host.ExecuteAsync("ANALYZE objects, connections");
        await _host.StoreAsync(TestRun.New(), "", "a", "b");
        var all = new ObjectFilter(null, null, null, null, null, null, null, null, false);
        ObjectFilter[] lists = [all, all with { Connector = "files" }, all with { Stream = "" }, all with { ConnectionId = _run.ConnectionId }, all with { ConnectionId = _run.ConnectionId, Stream = "" }];
        foreach (var list in lists)
            Assert.InRange(await BlocksAsync(ListObjects.Statement(list, new(_run.ConnectionId, "", "049900", 0, 0), 101)), 1, 30);

        async Task<int> BlocksAsync(NpgsqlBatchCommand statement)
        {
            await using var explain = _host.Database.CreateCommand("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement.CommandText);
            foreach (NpgsqlParameter parameter in statement.Parameters)
                explain.Parameters.Add(parameter.Clone());
            var plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync(TestContext.Current.CancellationToken))!).RootElement[0].GetProperty("Plan");
            return plan.GetProperty("Shared Hit Blocks").GetInt32() + plan.GetProperty("Shared Read Blocks").GetInt32();
        }
    }

    [Theory]
    [InlineData("/v1/objects")]
    [InlineData("/v1/objects/export")]
    public async Task The_scope_is_needed(string path)
    {
        _host.Http.DefaultRequestHeaders.Remove(ServiceDefaults.Scopes.Header);
        using var response = await _host.Http.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    private async Task<(List<JsonElement> Items, string? Next)> GetAsync(string query)
    {
        var page = await _host.Http.GetFromJsonAsync<JsonElement>("/v1/objects" + query, TestContext.Current.CancellationToken);
        return ([.. page.GetProperty("items").EnumerateArray()], page.GetProperty("next").GetString());
    }

    private static IEnumerable<string?> Ids((List<JsonElement> Items, string? Next) page) => page.Items.Select(i => i.GetProperty("remote_id").GetString());
}
