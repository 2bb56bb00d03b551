using System.Net;
using System.Text;

namespace Platform.Ndc.Tests.Tables;

/// <summary>What the sample connector says to requests that it can't answer.</summary>
[Collection(SampleTablesCollection.Name)]
public sealed class RefusalTests(SampleTables tables)
{
    private const string Relationships =
        """{"author": {"arguments": {}, "column_mapping": {"author_id": ["id"]}, "relationship_type": "object", "target_collection": "authors"}}""";

    [Theory]
    [InlineData("articels", "{}", "{}", "unknown_collection", "articles")]
    [InlineData("articles", """{"fields": {"t": {"type": "column", "column": "titel"}}}""", "{}", "unknown_column", "title")]
    [InlineData("articles_by_author", "{}", """{"autor_id": {"type": "literal", "value": 1}}""", "unknown_argument", "author_id")]
    [InlineData("articles_by_author", "{}", "{}", "argument_missing", null)]
    [InlineData("articles", """{"fields": {"a": {"type": "relationship", "relationship": "autor", "arguments": {}, "query": {}}}}""", "{}", "unknown_relationship", "author")]
    [InlineData("articles", """{"predicate": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "gtt", "value": {"type": "scalar", "value": 1}}}""", "{}", "unknown_operator", "gt")]
    [InlineData("articles", """{"predicate": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "eq", "value": {"type": "scalar", "value": "one"}}}""", "{}", "bad_value", null)]
    [InlineData("articles", """{"predicate": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "title"}, "operator": "like", "value": {"type": "scalar", "value": "("}}}""", "{}", "bad_pattern", null)]
    [InlineData("articles", """{"predicate": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "eq", "value": {"type": "variable", "name": "x"}}}""", "{}", "unknown_variable", null)]
    [InlineData("articles", """{"aggregates": {"s": {"type": "single_column", "column": "id", "function": "summ"}}}""", "{}", "unknown_function", "sum")]
    [InlineData("institutions", """{"order_by": {"elements": [{"order_direction": "asc", "target": {"type": "column", "name": "staff", "path": []}}]}}""", "{}", "not_scalar", null)]
    [InlineData("institutions", """{"fields": {"l": {"type": "column", "column": "location", "fields": {"type": "object", "fields": {"c": {"type": "column", "column": "citi"}}}}}}""", "{}", "unknown_column", "city")]
    public async Task A_query_that_is_wrong_about_the_schema_is_unprocessable(string collection, string query, string arguments, string code, string? nearest)
    {
        var (status, body) = await tables.Connector.QueryAsync(collection, query, Relationships, arguments);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, code, nearest), (status, (string?)body!["details"]!["code"], (string?)body["details"]!["nearest"]));
        Assert.NotEmpty((string)body["message"]!);
    }

    [Theory]
    [InlineData("/query", "")]
    [InlineData("/query", "no JSON")]
    [InlineData("/query", "null")]
    [InlineData("/query", """{"collection": "articles"}""")]
    [InlineData("/query", """{"collection": "articles", "arguments": {}, "collection_relationships": {}, "query": {"predicate": {"type": "nand"}}}""")]
    [InlineData("/query", """{"collection": "articles", "arguments": {}, "collection_relationships": {}, "query": {"predicate": {"type": "and", "expressions": [null]}}}""")]
    [InlineData("/query", """{"collection": "articles", "arguments": {}, "collection_relationships": {}, "query": {"predicate": {}}}""")]
    [InlineData("/query", """{"collection": "articles", "arguments": {}, "collection_relationships": {}, "query": {"limit": -1}}""")]
    [InlineData("/query", """{"collection": "articles", "arguments": {}, "collection_relationships": {}, "query": {"fields": {"id": null}}}""")]
    [InlineData("/mutation", "[]")]
    public async Task A_body_that_is_no_request_is_malformed(string path, string body)
    {
        var (status, answer) = await tables.Connector.PostAsync(path, body);
        Assert.Equal((HttpStatusCode.BadRequest, "bad_request"), (status, (string?)answer!["details"]!["code"]));
    }

    [Theory]
    [InlineData("/mutation/explain", "mutation.explain")]
    [InlineData("/query/relational", "relational_query")]
    public async Task What_no_capability_promises_is_not_implemented(string path, string capability)
    {
        var (status, answer) = await tables.Connector.PostAsync(path, "{}");
        Assert.Equal((HttpStatusCode.NotImplemented, capability), (status, (string?)answer!["details"]!["capability"]));
    }

    [Theory]
    [InlineData("0.2.0", HttpStatusCode.OK)]
    [InlineData("0.2.13", HttpStatusCode.OK)]
    [InlineData("0.2.14", HttpStatusCode.BadRequest)]
    [InlineData("0.1.6", HttpStatusCode.BadRequest)]
    [InlineData("1.2.0", HttpStatusCode.BadRequest)]
    [InlineData("latest", HttpStatusCode.BadRequest)]
    public async Task A_version_is_spoken_or_refused(string version, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/capabilities") { Headers = { { "X-Hasura-NDC-Version", version } } };
        using var response = await tables.Connector.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Paths_and_methods_that_there_are_not_are_said_in_the_same_way_as_all_errors()
    {
        var (status, answer) = await tables.Connector.PostAsync("/nothing", "{}");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (status, (string?)answer!["details"]!["code"]));
        (status, answer) = await tables.Connector.PostAsync("/schema", "{}");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed"), (status, (string?)answer!["details"]!["code"]));
    }

    [Fact]
    public async Task Metrics_count_what_was_refused_and_keep_off_reserved_names()
    {
        await tables.Connector.PostAsync("/query", "no JSON");
        var text = await tables.Connector.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("tables_requests_total{path=\"/query\",status=\"400\"}", text);
        Assert.DoesNotContain("hasura_", text);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_in_words()
    {
        // Asked first, as the answer comes before the body is through.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/query") { Content = new StringContent(new string(' ', 31_000_000), Encoding.UTF8), Headers = { ExpectContinue = true } };
        using var response = await tables.Connector.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("\"message\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
