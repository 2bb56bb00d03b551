using Platform.Servers;

namespace Platform.Ingest.Tests.Objects;

/// <summary>One service for all of these: each has a connection of its own.</summary>
public sealed class ObjectFilterTests(ObjectFilterTests.Fixture fixture) : IClassFixture<ObjectFilterTests.Fixture>
{
    private readonly TestRun _run = TestRun.New();
    private readonly IngestHost _host = fixture.Host;

    [Fact]
    public async Task A_connector_stands_for_all_its_connections_and_pages_over_them()
    {
        TestRun[] files = [TestRun.New(), TestRun.New(), TestRun.New()];
        foreach (var run in files)
        {
            await _host.StoreConnectionAsync(run, "of-three");
            await _host.StoreAsync(run, "", "a", "b", "c");
        }

        await _host.StoreConnectionAsync(_run, "s3");
        await _host.StoreAsync(_run, "", "other");

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _host.ListAsync($"?connector=of-three&limit=2&cursor={cursor}");
            seen.AddRange(page.Items.Select(i => $"{i.GetProperty("connection")}/{i.GetProperty("remote_id")}"));
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(files.OrderBy(run => run.ConnectionId).SelectMany(run => new[] { "a", "b", "c" }.Select(id => $"{run.Connection}/{id}")), seen);
        Assert.Equal(["other"], await _host.IdsAsync("?connector=s3"));
        Assert.Empty(await _host.IdsAsync($"?connector=of-three&connection={_run.Connection}"));
    }

    [Fact]
    public async Task Remote_id_is_exact_and_a_prefix_is_bytes_without_wildcards()
    {
        await _host.StoreAsync(_run, "", "a", "a%", "a%b", "a_b", "ab", "A", "é", "éa", "\U0010FFFFz", @"a\b");
        await _host.StoreAsync(_run, "s", "a%c");
        Assert.Equal(["a"], await _host.IdsAsync($"?connection={_run.Connection}&remote_id=a"));
        Assert.Equal(["a%", "a%b", "a%c"], await _host.IdsAsync($"?connection={_run.Connection}&prefix=a%25"));
        Assert.Equal(["a%c"], await _host.IdsAsync($"?connection={_run.Connection}&stream=s&prefix=a"));
        Assert.Equal(["a_b"], await _host.IdsAsync($"?connection={_run.Connection}&prefix=a_"));
        Assert.Equal([@"a\b"], await _host.IdsAsync($"?connection={_run.Connection}&prefix=a%5C"));
        Assert.Equal(["é", "éa"], await _host.IdsAsync($"?connection={_run.Connection}&prefix={Uri.EscapeDataString("é")}"));
        Assert.Equal(["\U0010FFFFz"], await _host.IdsAsync($"?connection={_run.Connection}&prefix={Uri.EscapeDataString("\U0010FFFF")}"));
        Assert.Equal(["a%b"], await _host.IdsAsync("?remote_id=a%25b&stream="));
    }

    [Theory]
    [InlineData("needle", "id-needle", "in-name", "in-uri", "in-metadata")]
    [InlineData("NEEDLE", "id-needle", "in-name", "in-uri", "in-metadata")]
    [InlineData("100%", "percent")]
    [InlineData("a_c", "underscore")]
    [InlineData(@"x\y", "backslash")]
    [InlineData(@"x\", "backslash")]
    [InlineData("ärger", "ÄRGER")]
    [InlineData("'; drop table objects --", "quote")]
    [InlineData("id-needle file")]
    public async Task Text_is_looked_for_in_every_field_in_any_case_and_means_itself(string text, params string[] expected)
    {
        await _host.StoreAsync(
            _run, new Stored("id-needle"), new("in-name", ResourceName: "a Needle"), new("in-uri", Uri: "x://needle/"), new("in-metadata", "\"needLE\""),
            new("percent", "\"100% of it\""), new("not-percent", "\"1000\""), new("underscore", "\"a_c\""), new("not-underscore", "\"abc\""),
            new("backslash", @"x\y", IsJson: false), new("ÄRGER"), new("quote", "'; DROP TABLE objects --", IsJson: false));
        Assert.Equal(expected.Order(StringComparer.Ordinal), await _host.IdsAsync($"?connection={_run.Connection}&text={Uri.EscapeDataString(text)}"));
    }

    [Theory]
    [InlineData("$.size > 10", "big")]
    [InlineData("$.size ? (@ > 10)", "big")]
    [InlineData("$.size", "big", "small", "text-size")]
    [InlineData("$.tags[*] ? (@ == \"new\")", "small")]
    [InlineData("strict $.tags[*] == \"new\"", "small")]
    [InlineData("exists($.tags)", "small")]
    [InlineData("$.gone == true || $.size == 1", "small")]
    [InlineData("$.name like_regex \"^B\" flag \"i\"", "big")]
    [InlineData("$.when.datetime() < \"2026-01-01T00:00:00+00:00\".datetime()", "big")]
    [InlineData("$.gone", "false")]
    [InlineData("$", "big", "false", "number", "small", "text-size")]
    [InlineData("strict $.nothing.at.all")]
    public async Task A_path_looks_into_metadata_that_is_JSON_and_never_stumbles_over_the_rest(string path, params string[] expected)
    {
        await _host.StoreAsync(
            _run, new Stored("big", """{"size": 100, "name": "big", "when": "2025-05-05"}"""), new("small", """{"size": 1, "tags": ["old", "new"]}"""),
            new("text-size", """{"size": "100"}"""), new("number", "7"), new("false", """{"gone": false}"""),
            new("not-json", "{\"size\": 100", IsJson: false), new("empty", "", IsJson: false), new("escape", "\"\\u0000\"", IsJson: false));
        Assert.Equal(expected, await _host.IdsAsync($"?connection={_run.Connection}&path={Uri.EscapeDataString(path)}"));
    }

    [Theory]
    [InlineData("$.size >", "syntax error at end of jsonpath input")]
    [InlineData("$.a ?? b", "syntax error at or near \"?\" of jsonpath input")]
    [InlineData("", "invalid input syntax for type jsonpath")]
    [InlineData("$.a like_regex \"(\"", "parentheses () not balanced")]
    [InlineData("$.a like_regex \"a\" flag \"k\"", "invalid input syntax for type jsonpath")]
    [InlineData("$x", "could not find jsonpath variable \"x\"")]
    [InlineData("$.size ? (@ > $x)", "could not find jsonpath variable \"x\"")]
    public async Task A_bad_path_is_told_with_the_place(string path, string where)
    {
        await _host.StoreAsync(_run, new Stored("a", """{"size": 1}"""));
        foreach (var route in new[] { "/v1/objects", "/v1/objects/export" })
        {
            using var response = await _host.Http.GetAsync($"{route}?connection={_run.Connection}&path={Uri.EscapeDataString(path)}", TestContext.Current.CancellationToken);
            var problem = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Contains("\"code\":\"bad_json_path\"", problem, StringComparison.Ordinal);
            Assert.Contains(where, System.Text.RegularExpressions.Regex.Unescape(problem), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Deleted_objects_are_shown_when_they_are_asked_for()
    {
        await _host.StoreAsync(_run, new Stored("a"), new("b", Deleted: true), new("c"));
        Assert.Equal(["a", "c"], await _host.IdsAsync($"?connection={_run.Connection}"));
        Assert.Equal(["a", "c"], await _host.IdsAsync($"?connection={_run.Connection}&deleted=false"));
        Assert.Equal(["b"], await _host.IdsAsync($"?connection={_run.Connection}&deleted=true"));
        var all = (await _host.ListAsync($"?connection={_run.Connection}&deleted=any")).Items;
        Assert.Equal([System.Text.Json.JsonValueKind.Null, System.Text.Json.JsonValueKind.String, System.Text.Json.JsonValueKind.Null], all.Select(i => i.GetProperty("deleted_at").ValueKind));
        Assert.Contains("b", await _host.IdsAsync("?deleted=true"));
    }

    [Fact]
    public async Task Filters_go_together()
    {
        await _host.StoreAsync(
            _run, new Stored("k-1", """{"n": 1}"""), new("k-2", """{"n": 2}"""), new("k-3", """{"n": 3}""", Deleted: true), new("k-4", """{"n": 4, "word": "Stone"}"""),
            new("k-5", """{"n": 5, "word": "stone"}""", Stream: "s"), new("l-6", """{"n": 6, "word": "stone"}"""));
        var connection = $"?connection={_run.Connection}&connector=files&stream=&prefix=k-";
        Assert.Equal(["k-2", "k-4"], await _host.IdsAsync($"{connection}&path=$.n%3E1"));
        Assert.Equal(["k-4"], await _host.IdsAsync($"{connection}&path=$.n%3E1&text=stone"));
        Assert.Equal(["k-3", "k-4"], await _host.IdsAsync($"{connection}&path=$.n%3E1&since=2&deleted=any"));
        Assert.Equal(["k-3"], await _host.IdsAsync($"{connection}&remote_id=k-3&deleted=true&since=0&path=$.n"));
    }

    [Theory]
    [InlineData("?text=x&path=$&since=1", "bad_query", "text needs_connection, path needs_connection, since needs_connection")]
    [InlineData("?connection=c&since=-1&deleted=yes&path=%3E", "bad_query", "since not_a_number, deleted unknown_value, path bad_json_path")]
    [InlineData("?connection=c&since=1e3", "bad_query", "since not_a_number")]
    [InlineData("?connection=c&since=99999999999999999999", "bad_query", "since not_a_number")]
    [InlineData("?connection=%00&connector=%00&stream=%00&remote_id=%00&prefix=%00&text=%00&path=%00", "bad_query",
        "connection unstorable, connector unstorable, stream unstorable, remote_id unstorable, prefix unstorable, text unstorable, path unstorable")]
    [InlineData("/export?format=xml&deleted=no", "bad_query", "connection required, format unknown_value, deleted unknown_value")]
    public async Task Everything_that_is_wrong_with_a_query_is_told_at_once(string query, string code, string errors) =>
        Assert.Equal((400, code, errors), await _host.ProblemAsync("/v1/objects" + query));

    public sealed class Fixture(ServersFixture servers) : IAsyncLifetime
    {
        internal IngestHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
