using System.Net;
using System.Text.Json.Nodes;

namespace Platform.Ndc.Tests.Tables;

/// <summary>What the capabilities promise and the recorded requests do not ask for.</summary>
[Collection(SampleTablesCollection.Name)]
public sealed class QueryTests(SampleTables tables)
{
    private const string Relationships = """
        {
          "articles": {"arguments": {}, "column_mapping": {"id": ["author_id"]}, "relationship_type": "array", "target_collection": "articles"},
          "author": {"arguments": {}, "column_mapping": {"author_id": ["id"]}, "relationship_type": "object", "target_collection": "authors"},
          "country": {"arguments": {}, "column_mapping": {"country_id": ["id"]}, "relationship_type": "object", "target_collection": "countries"},
          "born": {"arguments": {}, "column_mapping": {"born_country_id": ["id"]}, "relationship_type": "object", "target_collection": "countries"},
          "written": {"arguments": {"author_id": {"type": "column", "name": "id"}}, "column_mapping": {}, "relationship_type": "array", "target_collection": "articles_by_author"}
        }
        """;

    /// <summary>What &lt;id&gt; stands for below: the one field that most queries ask for.</summary>
    private const string Fields = """ "fields": {"id": {"type": "column", "column": "id"}} """;

    [Theory]
    [InlineData("articles", """{"type": "and", "expressions": []}""", "1 2 3")]
    [InlineData("articles", """{"type": "or", "expressions": []}""", "")]
    [InlineData("articles", """{"type": "not", "expression": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "gte", "value": {"type": "scalar", "value": 2}}}""", "1")]
    [InlineData("articles", """{"type": "unary_comparison_operator", "column": {"type": "column", "name": "published_date"}, "operator": "is_null"}""", "")]
    [InlineData("articles", """{"type": "binary_comparison_operator", "column": {"type": "column", "name": "published_date"}, "operator": "lt", "value": {"type": "scalar", "value": "1984-01-01"}}""", "1 3")]
    [InlineData("articles", """{"type": "binary_comparison_operator", "column": {"type": "column", "name": "title"}, "operator": "istarts_with", "value": {"type": "scalar", "value": "the"}}""", "1 3")]
    [InlineData("articles", """{"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "eq", "value": {"type": "column", "name": "author_id", "path": []}}""", "1 2")]
    [InlineData("articles", """{"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "gt", "value": {"type": "column", "name": "id", "path": [{"relationship": "author", "arguments": {}}]}}""", "3")]
    // Authors who wrote something with a larger number than their own: the outer row by its scope.
    [InlineData("authors", """{"type": "exists", "in_collection": {"type": "related", "relationship": "articles", "arguments": {}}, "predicate": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "gt", "value": {"type": "column", "name": "id", "path": [], "scope": 1}}}""", "2")]
    [InlineData("authors", """{"type": "exists", "in_collection": {"type": "unrelated", "collection": "articles_by_author", "arguments": {"author_id": {"type": "literal", "value": 7}}}}""", "")]
    [InlineData("authors", """{"type": "exists", "in_collection": {"type": "unrelated", "collection": "countries", "arguments": {}}}""", "1 2")]
    [InlineData("authors", """{"type": "binary_comparison_operator", "column": {"type": "aggregate", "path": [{"relationship": "articles", "arguments": {}}], "aggregate": {"type": "star_count"}}, "operator": "gt", "value": {"type": "scalar", "value": 1}}""", "2")]
    [InlineData("institutions", """{"type": "binary_comparison_operator", "column": {"type": "column", "name": "location", "field_path": ["country"]}, "operator": "eq", "value": {"type": "scalar", "value": "Sweden"}}""", "2 3")]
    [InlineData("institutions", """{"type": "exists", "in_collection": {"type": "related", "field_path": ["location"], "relationship": "country", "arguments": {}}, "predicate": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "name"}, "operator": "eq", "value": {"type": "scalar", "value": "UK"}}}""", "1")]
    [InlineData("institutions", """{"type": "exists", "in_collection": {"type": "nested_collection", "column_name": "staff"}, "predicate": {"type": "exists", "in_collection": {"type": "related", "relationship": "born", "arguments": {}}}}""", "1 2")]
    [InlineData("institutions", """{"type": "array_comparison", "column": {"type": "column", "name": "departments"}, "comparison": {"type": "contains", "value": {"type": "scalar", "value": "Law"}}}""", "3")]
    [InlineData("institutions", """{"type": "array_comparison", "column": {"type": "column", "name": "departments", "arguments": {"limit": {"type": "literal", "value": 0}}}, "comparison": {"type": "is_empty"}}""", "1 2 3")]
    public async Task A_predicate_lets_through(string collection, string predicate, string expected)
    {
        var rows = await RowsAsync(collection, "{<id>, \"predicate\": " + predicate + "}");
        Assert.Equal(expected, string.Join(' ', rows.Select(r => (int)r!["id"]!)));
    }

    [Theory]
    [InlineData("articles", """{"type": "column", "name": "published_date", "path": []}""", "asc", "1 3 2")]
    [InlineData("authors", """{"type": "aggregate", "path": [{"relationship": "articles", "arguments": {}}], "aggregate": {"type": "star_count"}}""", "desc", "2 1")]
    [InlineData("authors", """{"type": "aggregate", "path": [{"relationship": "written", "arguments": {}}], "aggregate": {"type": "single_column", "column": "id", "function": "max"}}""", "desc", "2 1")]
    [InlineData("institutions", """{"type": "column", "name": "location", "field_path": ["city"], "path": []}""", "asc", "2 1 3")]
    [InlineData("institutions", """{"type": "column", "name": "name", "path": [{"field_path": ["location"], "relationship": "country", "arguments": {}}]}""", "asc", "2 3 1")]
    public async Task Rows_come_in_the_order_of(string collection, string target, string direction, string expected)
    {
        var rows = await RowsAsync(collection, "{<id>, \"order_by\": {\"elements\": [{\"order_direction\": \"" + direction + "\", \"target\": " + target + "}]}}");
        Assert.Equal(expected, string.Join(' ', rows.Select(r => (int)r!["id"]!)));
    }

    [Fact]
    public async Task Limit_and_offset_hold_for_rows_and_for_aggregates() => await AnswersAsync(
        "articles", """{<id>, "limit": 2, "offset": 2, "aggregates": {"n": {"type": "star_count"}}}""", """{"aggregates": {"n": 1}, "rows": [{"id": 3}]}""");

    [Fact]
    public async Task Aggregates_pass_over_nulls_and_are_null_of_nothing()
    {
        await AnswersAsync(
            "articles",
            """
            {"aggregates": {
              "all": {"type": "column_count", "column": "author_id", "distinct": false}, "different": {"type": "column_count", "column": "author_id", "distinct": true},
              "sum": {"type": "single_column", "column": "id", "function": "sum"}, "avg": {"type": "single_column", "column": "author_id", "function": "avg"},
              "first": {"type": "single_column", "column": "title", "function": "min"}
            }, "offset": 1}
            """,
            """{"aggregates": {"all": 2, "different": 1, "sum": "5", "avg": 2, "first": "The Design And Implementation Of Programming Languages"}}""");
        await AnswersAsync(
            "articles",
            """{"aggregates": {"n": {"type": "star_count"}, "sum": {"type": "single_column", "column": "id", "function": "sum"}, "max": {"type": "single_column", "column": "id", "function": "max"}, "avg": {"type": "single_column", "column": "id", "function": "avg"}}, "limit": 0}""",
            """{"aggregates": {"n": 0, "sum": null, "max": null, "avg": null}}""");
    }

    [Fact]
    public async Task Groups_are_filtered_ordered_and_paged() => await AnswersAsync(
        "articles",
        """
        {"groups": {
          "dimensions": [{"type": "column", "column_name": "published_date", "path": [], "extraction": "year"}],
          "aggregates": {"n": {"type": "star_count"}},
          "predicate": {"type": "binary_comparison_operator", "target": {"type": "aggregate", "aggregate": {"type": "single_column", "column": "id", "function": "max"}}, "operator": "gt", "value": {"type": "scalar", "value": 1}},
          "order_by": {"elements": [{"order_direction": "desc", "target": {"type": "dimension", "index": 0}}, {"order_direction": "asc", "target": {"type": "aggregate", "aggregate": {"type": "star_count"}}}]},
          "offset": 1, "limit": 1
        }}
        """,
        """{"groups": [{"dimensions": [1983], "aggregates": {"n": 1}}]}""");

    [Fact]
    public async Task A_collection_takes_its_arguments_from_variables_or_from_the_row_that_it_is_related_to()
    {
        var (_, answer) = await tables.Connector.PostAsync("/query", """
            {"collection": "articles_by_author", "arguments": {"author_id": {"type": "variable", "name": "who"}}, "query": {<id>}, "collection_relationships": {}, "variables": [{"who": 2}, {"who": 9}]}
            """.Replace("<id>", Fields));
        Same("""[{"rows": [{"id": 2}, {"id": 3}]}, {"rows": []}]""", answer);
        await AnswersAsync(
            "authors", """{"limit": 1, "fields": {"all": {"type": "relationship", "relationship": "written", "arguments": {}, "query": {<id>}}}}""",
            """{"rows": [{"all": {"rows": [{"id": 1}]}}]}""");
    }

    [Fact]
    public async Task Arrays_are_cut_at_their_limit_and_their_objects_follow_relationships() => await AnswersAsync(
        "institutions",
        """
        {"limit": 1, "offset": 1, "fields": {
          "departments": {"type": "column", "column": "departments", "arguments": {"limit": {"type": "literal", "value": 1}}},
          "staff": {"type": "column", "column": "staff", "fields": {"type": "array", "fields": {"type": "object", "fields": {
            "born": {"type": "relationship", "relationship": "born", "arguments": {}, "query": {"fields": {"name": {"type": "column", "column": "name"}}}}}}}}
        }}
        """,
        """{"rows": [{"departments": ["Architecture and Civil Engineering"], "staff": [{"born": {"rows": [{"name": "UK"}]}}, {"born": {"rows": []}}]}]}""");

    [Fact]
    public async Task Functions_are_collections_of_one_value()
    {
        await AnswersAsync("latest_article_id", """{"fields": {"v": {"type": "column", "column": "__value"}}}""", """{"rows": [{"v": 3}]}""");
        await AnswersAsync(
            "latest_article", """{"fields": {"v": {"type": "column", "column": "__value", "fields": {"type": "object", <id>}}}}""", """{"rows": [{"v": {"id": 3}}]}""");
    }

    [Fact]
    public async Task Explain_says_how_a_query_runs()
    {
        var (status, answer) = await tables.Connector.PostAsync(
            "/query/explain", """{"collection": "articles", "arguments": {}, "query": {<id>, "limit": 1}, "collection_relationships": {}}""".Replace("<id>", Fields));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("3 in memory, all of which are read", (string?)answer!["details"]!["rows"]);
    }

    private async Task<JsonArray> RowsAsync(string collection, string query)
    {
        var (status, answer) = await tables.Connector.QueryAsync(collection, query.Replace("<id>", Fields), Relationships);
        Assert.True(status == HttpStatusCode.OK, answer?.ToJsonString());
        return answer![0]!["rows"]!.AsArray();
    }

    private async Task AnswersAsync(string collection, string query, string expected)
    {
        var (_, answer) = await tables.Connector.QueryAsync(collection, query.Replace("<id>", Fields), Relationships);
        Same($"[{expected}]", answer);
    }

    private static void Same(string expected, JsonNode? actual)
    {
        if (!JsonNode.DeepEquals(JsonNode.Parse(expected), actual))
            Assert.Equal(expected, actual?.ToJsonString());
    }
}
