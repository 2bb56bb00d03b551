using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Ndc.Tests.Client;

/// <summary>Schemas and requests as a reference connector has recorded them, and what is found when one does not fit the other.</summary>
public sealed class NdcSchemaTests
{
    private static readonly NdcSchema Schema = NdcClient.Read<NdcSchema>(File.ReadAllBytes(Corpus("schema.json")), "GET /schema");

    public static TheoryData<string> Requests => [.. Directory.GetFiles(Corpus("query"), "request.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Corpus("."), f))];

    [Fact]
    public void The_schema_of_a_reference_connector_is_read_whole_and_sound()
    {
        Assert.Empty(Schema.Problems());
        Assert.Equal(["articles", "authors", "institutions", "countries", "articles_by_author"], Schema.Collections.Select(c => c.Name));
        Assert.Equal(["id"], Schema.Collections[0].UniquenessConstraints!.Single().Value.UniqueColumns);
        Assert.Equal(("gt", "eq", null), (Schema.ScalarTypes["Int"].OperatorOf("greater_than"), Schema.ScalarTypes["Int"].OperatorOf("equal"), Schema.ScalarTypes["Date"].OperatorOf("greater_than")));
        Assert.Equal("0.2.13", NdcClient.Read<NdcCapabilities>(File.ReadAllBytes(Corpus("capabilities.json")), "GET /capabilities").Version);
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_recorded_request_is_written_as_it_was_read_and_fits_its_schema(string file)
    {
        var json = File.ReadAllBytes(Corpus(file));
        var read = NdcClient.Read<NdcQueryRequest>(json, "request");

        // The recorded ones have a field_path at fields, too, where the specification has none.
        var recorded = JsonNode.Parse(System.Text.Encoding.UTF8.GetString(json).Replace("\"field_path\": [],", "", StringComparison.Ordinal));
        Assert.True(JsonNode.DeepEquals(recorded, JsonSerializer.SerializeToNode(read, NdcJson.Options)), JsonSerializer.Serialize(read, NdcJson.Options));
        Assert.Empty(NdcRequestCheck.Query(Schema, JsonElement.Parse(json)));
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_recorded_answer_is_read(string file)
    {
        var json = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(Corpus(file))!, "expected.json"));

        Assert.NotEmpty(NdcClient.Read<IReadOnlyList<NdcRowSet>>(json, "answer"));
    }

    [Theory]
    [InlineData("""{"collection":"artcles","query":{}}""", "collection", "unknown_collection", "articles")]
    [InlineData("""{"collection":"zzzzzzzz","query":{}}""", "collection", "unknown_collection", null)]
    [InlineData("""{"query":{}}""", "collection", "required", null)]
    [InlineData("""{"collection":"articles"}""", "query", "required", null)]
    [InlineData("""[]""", "", "wrong_type", null)]
    [InlineData("""{"collection":"articles","query":{"fields":{"x":{"type":"column","column":"titel"}}}}""", "query.fields.x.column", "unknown_column", "title")]
    [InlineData("""{"collection":"articles","query":{"order_by":{"elements":[{"order_direction":"asc","target":{"type":"column","name":"ids","path":[]}}]}}}""", "query.order_by.elements[0].target.name", "unknown_column", "id")]
    [InlineData("""{"collection":"articles","query":{"predicate":{"type":"not","expression":{"type":"and","expressions":[{"type":"binary_comparison_operator","column":{"type":"column","name":"autor_id"},"operator":"eq","value":{"type":"scalar","value":1}}]}}}}""", "query.predicate.expression.expressions[0].column.name", "unknown_column", "author_id")]
    [InlineData("""{"collection":"articles","query":{"aggregates":{"n":{"type":"column_count","column":"idd","distinct":false}}}}""", "query.aggregates.n.column", "unknown_column", "id")]
    [InlineData("""{"collection":"institutions","query":{"fields":{"l":{"type":"column","column":"location","fields":{"type":"object","fields":{"c":{"type":"column","column":"citty"}}}}}}}""", "query.fields.l.fields.fields.c.column", "unknown_column", "city")]
    [InlineData("""{"collection":"institutions","query":{"fields":{"d":{"type":"column","column":"departments","arguments":{"limits":1}}}}}""", "query.fields.d.arguments.limits", "unknown_argument", "limit")]
    [InlineData("""{"collection":"articles_by_author","arguments":{"author":1,"author_id":1},"query":{}}""", "arguments.author", "unknown_argument", "author_id")]
    [InlineData("""{"collection":"articles_by_author","query":{}}""", "arguments.author_id", "missing_argument", null)]
    [InlineData("""{"collection":"articles","query":{"fields":{"a":{"type":"relationship","relationship":"athor","arguments":{},"query":{}}}},"collection_relationships":{"author":{"target_collection":"authors"}}}""", "query.fields.a.relationship", "unknown_relationship", "author")]
    [InlineData("""{"collection":"articles","query":{"predicate":{"type":"exists","in_collection":{"type":"unrelated","collection":"author","arguments":{}}}}}""", "query.predicate.in_collection.collection", "unknown_collection", "authors")]
    [InlineData("""{"collection":"latest_article_id","query":{"fields":{"x":{"type":"column","column":"value"}}}}""", "query.fields.x.column", "unknown_column", "__value")]
    public void What_the_schema_does_not_have_is_named_with_what_may_be_meant(string request, string path, string code, string? nearest)
    {
        var found = Assert.Single(NdcRequestCheck.Query(Schema, JsonElement.Parse(request)));

        Assert.Equal((path, code, nearest), (found.Path, found.Code, found.Nearest));
        if (nearest is not null)
            Assert.EndsWith($"Is {nearest} meant?", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        const string Request = """{"collection":"articles","arguments":{"x":1},"query":{"fields":{"a":{"type":"column","column":"b"},"c":{"type":"column","column":"d"}}}}""";

        Assert.Equal(["arguments.x", "query.fields.a.column", "query.fields.c.column"], NdcRequestCheck.Query(Schema, JsonElement.Parse(Request)).Select(f => f.Path));
    }

    [Fact]
    public void Types_become_JSON_Schema_with_definitions_that_may_contain_themselves()
    {
        var schema = new NdcSchema(
            new Dictionary<string, NdcScalarType> { ["Int"] = new(new("int32")), ["Big"] = new(new("int64")), ["Kind"] = new(new("enum", ["a", "b"])), ["Odd"] = new() },
            new Dictionary<string, NdcObjectType> { ["tree"] = new(new Dictionary<string, NdcObjectField> { ["id"] = new(Named("Int")), ["children"] = new(Nullable(new("array", ElementType: Named("tree")))) }) },
            [], [], []);

        Same("""{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"id":{"type":"integer"},"children":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/tree"}},{"type":"null"}]}},"required":["id"]}}}""", NdcJsonSchema.Of(Named("tree"), schema));
        Same("""{"type":"object","properties":{"n":{"type":["integer","string"],"pattern":"^-?[0-9]+$","description":"How many"},"k":{"anyOf":[{"enum":["a","b"]},{"type":"null"}]},"o":{}},"required":["n","o"]}""", NdcJsonSchema.OfArguments(
            new Dictionary<string, NdcArgument> { ["n"] = new(Named("Big"), "How many"), ["k"] = new(Nullable(Named("Kind"))), ["o"] = new(Named("Odd")) }, schema));

        static NdcType Named(string name) => new("named", name);
        static NdcType Nullable(NdcType of) => new("nullable", UnderlyingType: of);
        static void Same(string expected, JsonNode read) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), read), read.ToJsonString());
    }

    [Fact]
    public void A_schema_that_names_what_it_does_not_have_is_not_sound()
    {
        var schema = new NdcSchema(
            new Dictionary<string, NdcScalarType> { ["Int"] = new() },
            new Dictionary<string, NdcObjectType> { ["Int"] = new(new Dictionary<string, NdcObjectField> { ["a"] = new(new("named", "Nowhere")) }) },
            [new("rows", "Missing"), new("things", "Int", UniquenessConstraints: new Dictionary<string, NdcUniqueness> { ["key"] = new(["b"]) })],
            [new("rows", new("named", "Int"))], []);

        Assert.Equal(
            [
                "Int is both a scalar and an object type.", "The type Nowhere of the field a of the object type Int is not in the schema.",
                "The type Missing of the collection rows is not an object type of the schema.", "The uniqueness constraint key of the collection things names b, which its type Int has not.",
                "rows stands there twice: collections and functions share their names.",
            ],
            schema.Problems());
    }

    private static string Corpus(string path) => Path.Combine(AppContext.BaseDirectory, "corpus", path);
}
