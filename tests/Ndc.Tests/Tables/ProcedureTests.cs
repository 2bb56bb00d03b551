using System.Net;

namespace Platform.Ndc.Tests.Tables;

/// <summary>The procedures of the sample tables, each test with a connector of its own.</summary>
public sealed class ProcedureTests
{
    private const string Titles = """{"fields": {"title": {"type": "column", "column": "title"}}, "order_by": {"elements": [{"order_direction": "asc", "target": {"type": "column", "name": "id", "path": []}}]}}""";

    [Fact]
    public async Task An_upsert_shows_in_queries_gives_the_row_as_it_was_and_leaves_the_file_alone()
    {
        var before = await File.ReadAllTextAsync(Path.Combine(TablesProcess.Sample, "articles.csv"), TestContext.Current.CancellationToken);
        await using var connector = await TablesProcess.ServeAsync();
        var (status, answer) = await CallAsync(connector, "upsert_article", """{"article": {"id": 3, "title": "Another", "author_id": 1}}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("The Design And Implementation Of Programming Languages", (string?)answer!["operation_results"]![0]!["result"]!["title"]);
        (_, answer) = await connector.QueryAsync("articles", Titles);
        Assert.Equal("Another", (string?)answer![0]!["rows"]![2]!["title"]);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(TablesProcess.Sample, "articles.csv"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_delete_takes_a_predicate_and_gives_the_rows_that_are_gone()
    {
        await using var connector = await TablesProcess.ServeAsync();
        var (_, answer) = await CallAsync(connector, "delete_articles", """
            {"where": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "author_id"}, "operator": "eq", "value": {"type": "scalar", "value": 2}}}
            """);
        Assert.Equal(2, answer!["operation_results"]![0]!["result"]!.AsArray().Count);
        (_, answer) = await connector.QueryAsync("articles", """{"aggregates": {"n": {"type": "star_count"}}}""");
        Assert.Equal(1, (int)answer![0]!["aggregates"]!["n"]!);
    }

    [Theory]
    [InlineData("upsert_articel", "{}", "unknown_procedure")]
    [InlineData("upsert_article", "{}", "argument_missing")]
    [InlineData("upsert_article", """{"artikel": {}}""", "unknown_argument")]
    [InlineData("upsert_article", """{"article": {"id": 1}}""", "value_missing")]
    [InlineData("upsert_article", """{"article": {"id": 1, "title": "T", "author_id": 1, "autor": 2}}""", "unknown_column")]
    [InlineData("upsert_article", """{"article": {"id": "1", "title": "T", "author_id": 1}}""", "bad_value")]
    public async Task A_call_that_is_wrong_is_unprocessable(string procedure, string arguments, string code)
    {
        await using var connector = await TablesProcess.ServeAsync();
        var (status, answer) = await CallAsync(connector, procedure, arguments);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, code), (status, (string?)answer!["details"]!["code"]));
    }

    [Fact]
    public async Task More_than_one_operation_is_not_implemented_and_changes_nothing()
    {
        await using var connector = await TablesProcess.ServeAsync();
        var delete = """{"type": "procedure", "name": "delete_articles", "arguments": {"where": {"type": "and", "expressions": []}}}""";
        var (status, answer) = await connector.PostAsync("/mutation", "{\"operations\": [" + delete + ", " + delete + "], \"collection_relationships\": {}}");
        Assert.Equal((HttpStatusCode.NotImplemented, "mutation.transactional"), (status, (string?)answer!["details"]!["capability"]));
        (_, answer) = await connector.QueryAsync("articles", Titles);
        Assert.Equal(3, answer![0]!["rows"]!.AsArray().Count);
    }

    private static Task<(HttpStatusCode Status, System.Text.Json.Nodes.JsonNode? Body)> CallAsync(TablesProcess connector, string procedure, string arguments) =>
        connector.PostAsync("/mutation", $$$"""{"operations": [{"type": "procedure", "name": "{{{procedure}}}", "arguments": {{{arguments}}} }], "collection_relationships": {} }""");
}
