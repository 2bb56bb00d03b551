using System.Net;
using System.Text.Json.Nodes;

namespace Platform.Ndc.Tests.Tables;

/// <summary>The sample connector answers what the reference connector was recorded answering.</summary>
[Collection(SampleTablesCollection.Name)]
public sealed class CorpusTests(SampleTables tables)
{
    private static readonly string corpus = Path.Combine(AppContext.BaseDirectory, "corpus");

    public static TheoryData<string> Queries => [.. Cases("query")];

    public static TheoryData<string> MutationCases => [.. Cases("mutation")];

    [Theory]
    [MemberData(nameof(Queries))]
    public Task A_recorded_query_has_the_recorded_answer(string name) => ReplayAsync(tables.Connector, "query", name);

    [Theory]
    [MemberData(nameof(MutationCases))]
    public async Task A_recorded_mutation_has_the_recorded_answer(string name)
    {
        await using var connector = await TablesProcess.ServeAsync();
        await ReplayAsync(connector, "mutation", name);
    }

    [Fact]
    public async Task The_capabilities_are_the_recorded_ones_and_explain()
    {
        var expected = Read("capabilities.json");
        expected["capabilities"]!["query"]!["explain"] = new JsonObject();
        Same(expected, JsonNode.Parse(await tables.Connector.Http.GetStringAsync("/capabilities", TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task The_schema_has_all_that_the_recorded_one_has()
    {
        var (recorded, answered) = (Read("schema.json"), JsonNode.Parse(await tables.Connector.Http.GetStringAsync("/schema", TestContext.Current.CancellationToken))!);
        // Where the rows of the recording have no value, and so no reader may be promised one.
        Nullable(recorded["object_types"]!["article"]!, "published_date");
        Nullable(recorded["object_types"]!["staff_member"]!, "born_country_id");
        Assert.Equal([], Missing(recorded, answered, "").Where(m => !m.Contains("description", StringComparison.Ordinal)));
    }

    private static void Nullable(JsonNode type, string field) =>
        type["fields"]![field]!["type"] = new JsonObject { ["type"] = "nullable", ["underlying_type"] = type["fields"]![field]!["type"]!.DeepClone() };

    /// <summary>What the one has and the other has not.</summary>
    private static IEnumerable<string> Missing(JsonNode? one, JsonNode? other, string at) => (one, other) switch
    {
        (JsonObject a, JsonObject b) => a.SelectMany(m => Missing(m.Value, b[m.Key], $"{at}/{m.Key}")),
        (JsonArray a, JsonArray b) => a.SelectMany((m, i) => Missing(m, b.Count > i ? b[i] : null, $"{at}/{i}")),
        _ => JsonNode.DeepEquals(one, other) ? [] : [at],
    };

    private static IEnumerable<string> Cases(string kind) => Directory.GetDirectories(Path.Combine(corpus, kind)).Select(d => Path.GetFileName(d)!).Order();

    private static async Task ReplayAsync(TablesProcess connector, string kind, string name)
    {
        var (status, answer) = await connector.PostAsync($"/{kind}", await File.ReadAllTextAsync(Path.Combine(corpus, kind, name, "request.json")));
        Same(Read(kind, name, "expected.json"), answer);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private static JsonNode Read(params string[] path) => JsonNode.Parse(File.ReadAllText(Path.Combine([corpus, .. path])))!;

    private static void Same(JsonNode expected, JsonNode? actual)
    {
        if (!JsonNode.DeepEquals(expected, actual))
            Assert.Equal(expected.ToJsonString(), actual?.ToJsonString());
    }
}
