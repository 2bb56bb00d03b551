using System.Net;
using System.Text;
using System.Text.Json;
using Platform.Servers;

namespace Platform.Ingest.Tests.Objects;

public sealed class ExportObjectsTests(ServersFixture servers) : IAsyncLifetime
{
    private const string Columns = "connection,stream,remote_id,resource_name,uri,metadata,created_at,updated_at,deleted_at,change_seq";

    // Everything that has a meaning in JSON, in CSV, in COPY or in a literal, and what else is rare in text.
    private static readonly string[] Strange =
    [
        "", "\"", "\"\"", "'", "\\", "\\.", "\\N", "\\n", "\n", "\r", "\r\n", "\t", ",", ";", "a,\"b\"\n\\c", "\u0001", "\u0002", "\u0001\u0002\u0001", "\u0008\u000B\u000C\u001B\u001F",
        "\u007F", "\u0080\u009F", "\u00A0", "é", "e\u0301", "\u2028\u2029", "\uFEFF", "\uFFFD\uFFFF", "😀", "\U0010FFFF", " ", " leading and trailing ", "null", "{\"a\": \"\\u0000\"}",
        "{ \"b\":1,\"a\" : [1.0e2] }\n", "</script>", "%_", "NULL", "$1",
    ];

    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task NDJSON_has_a_line_per_object_as_the_list_shows_it_whatever_the_text()
    {
        await StoreStrangeAsync();
        using var response = await GetAsync("");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.ToString());
        Assert.Equal($"attachment; filename={_run.Connection}.ndjson; filename*=UTF-8''{_run.Connection}.ndjson", response.Content.Headers.ContentDisposition?.ToString());
        var text = await StrictTextAsync(response);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        var exported = text.TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        var listed = (await _host.ListAsync($"?connection={_run.Connection}&deleted=any&limit=1000")).Items;
        Assert.Equal(Columns.Split(','), exported[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(listed.Select(Told), exported.Select(Told));
        AssertStrange(exported.Select(o => (o.GetProperty("stream").GetString()!, o.GetProperty("remote_id").GetString()!, o.GetProperty("resource_name").GetString()!,
            o.GetProperty("uri").GetString()!, o.GetProperty("metadata").GetString()!)));
        Assert.Equal(1, exported.Count(o => o.GetProperty("deleted_at").ValueKind == JsonValueKind.String));
    }

    [Fact]
    public async Task CSV_has_a_header_and_the_same_text()
    {
        await StoreStrangeAsync();
        using var response = await GetAsync("&format=csv");
        Assert.Equal("text/csv", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith($"attachment; filename={_run.Connection}.csv", response.Content.Headers.ContentDisposition?.ToString(), StringComparison.Ordinal);
        var records = Csv.Parse(await StrictTextAsync(response));
        Assert.Equal(Columns.Split(','), records[0]);
        Assert.All(records, record => Assert.Equal(10, record.Count));
        AssertStrange(records.Skip(1).Select(r => (r[1], r[2], r[3], r[4], r[5])));
        Assert.All(records.Skip(1), r => Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$", r[6]));
    }

    [Theory]
    [InlineData("ndjson")]
    [InlineData("csv")]
    public async Task Filters_narrow_an_export_and_their_values_mean_themselves(string format)
    {
        const string evil = @"\'); DROP TABLE objects; --";
        await _host.StoreAsync(_run, new Stored("a", """{"n": 1}"""), new(evil, """{"n": 2}"""), new("b", """{"n": 3}""", Stream: evil), new("d", """{"n": 4}""", Deleted: true), new("z", "no", IsJson: false));
        await _host.StoreAsync(_run, new Stored("a", """{"n": 9}"""));
        Assert.Equal(["a", "z", "b"], (await IdsAsync("")).Where(id => id != evil));
        Assert.Equal([evil], await IdsAsync($"&remote_id={Uri.EscapeDataString(evil)}"));
        Assert.Equal([evil], await IdsAsync($"&prefix={Uri.EscapeDataString(evil[..3])}"));
        Assert.Equal([evil], await IdsAsync($"&text={Uri.EscapeDataString(evil[..5])}&stream="));
        Assert.Equal(["b"], await IdsAsync($"&stream={Uri.EscapeDataString(evil)}&connector=files"));
        Assert.Equal(["d"], await IdsAsync("&deleted=true"));
        Assert.Equal(["a", "b"], await IdsAsync("&path=$.n%3E2"));
        Assert.Equal([evil, "b", "d", "z", "a"], await IdsAsync("&since=1&deleted=any"));
        Assert.Empty(await IdsAsync("&connector=other"));

        async Task<IEnumerable<string>> IdsAsync(string query)
        {
            using var response = await GetAsync($"{query}&format={format}", query.Contains("deleted", StringComparison.Ordinal) ? "" : "&deleted=false");
            var text = await StrictTextAsync(response);
            return format == "csv"
                ? Csv.Parse(text).Skip(1).Select(r => r[2])
                : text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("remote_id").GetString()!);
        }
    }

    [Fact]
    public async Task A_connection_without_objects_is_an_empty_export()
    {
        using var lines = await GetAsync("");
        Assert.Equal("", await StrictTextAsync(lines));
        using var csv = await GetAsync("&format=csv");
        Assert.Equal(Columns + "\n", await StrictTextAsync(csv));
        Assert.Equal((404, "unknown_connection", ""), await _host.ProblemAsync("/v1/objects/export?connection=nobody"));
    }

    private async Task StoreStrangeAsync()
    {
        await _host.StoreAsync(_run, Strange.Select((text, i) => new Stored($"{i:D2}{text}", text, text, text, text, IsJson: false)));
        await _host.StoreAsync(_run, new Stored("deleted", Deleted: true, Stream: "~"));
    }

    private static void AssertStrange(IEnumerable<(string Stream, string RemoteId, string ResourceName, string Uri, string Metadata)> rows) => Assert.Equal(
        Strange.Select((text, i) => (text, $"{i:D2}{text}", text, text, text)).OrderBy(r => r.Item2, StringComparer.Ordinal),
        rows.Where(r => r.RemoteId != "deleted").OrderBy(r => r.RemoteId, StringComparer.Ordinal));

    private static string Told(JsonElement item) => string.Join('\u0003', item.EnumerateObject().Select(p =>
        $"{p.Name}={(p.Name.EndsWith("_at", StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.String ? p.Value.GetDateTimeOffset().ToString("O") : p.Value.ToString())}"));

    private async Task<HttpResponseMessage> GetAsync(string query, string deleted = "&deleted=any")
    {
        var response = await _host.Http.GetAsync($"/v1/objects/export?connection={_run.Connection}{query}{deleted}", TestContext.Current.CancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            Assert.Fail(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return response;
    }

    private static async Task<string> StrictTextAsync(HttpResponseMessage response) =>
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
}

/// <summary>RFC 4180, with line feeds alone.</summary>
internal static class Csv
{
    public static List<List<string>> Parse(string text)
    {
        var (records, record, at) = (new List<List<string>>(), new List<string>(), 0);
        while (at < text.Length)
        {
            var field = new StringBuilder();
            if (text[at] == '"')
            {
                for (at++; text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"'); at++)
                {
                    field.Append(text[at]);
                    if (text[at] == '"')
                        at++;
                }

                at++;
            }
            else
            {
                for (; text[at] is not (',' or '\n'); at++)
                    field.Append(text[at]);
            }

            record.Add(field.ToString());
            if (text[at++] == '\n')
            {
                records.Add(record);
                record = [];
            }
        }

        return records;
    }
}
