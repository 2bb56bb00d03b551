using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Ndc;

/// <summary>The body of <c>POST /query</c> and <c>POST /query/explain</c>.</summary>
/// <param name="Collection">Or a function.</param>
/// <param name="Arguments">Each <c>{"type": "literal", "value": …}</c> or <c>{"type": "variable", "name": …}</c>; those of mutations are plain values.</param>
/// <param name="Variables">The query is done once for each of them; null: once.</param>
public sealed record NdcQueryRequest(
    string Collection, NdcQuery Query, JsonObject Arguments, JsonObject CollectionRelationships, IReadOnlyList<JsonObject>? Variables = null,
    JsonObject? RequestArguments = null)
{
    /// <param name="arguments">As plain values.</param>
    public static NdcQueryRequest Of(string collection, NdcQuery query, JsonObject? arguments = null) =>
        new(collection, query, new((arguments ?? []).Select(a => KeyValuePair.Create(a.Key, (JsonNode?)new JsonObject { ["type"] = "literal", ["value"] = a.Value?.DeepClone() }))), []);
}

/// <param name="Fields">By the name that each gets in the answer.</param>
public sealed record NdcQuery(
    IReadOnlyDictionary<string, NdcField>? Fields = null, JsonNode? Aggregates = null, JsonNode? Groups = null, long? Limit = null, long? Offset = null,
    NdcOrderBy? OrderBy = null, JsonNode? Predicate = null);

/// <param name="Type"><c>column</c> or <c>relationship</c>.</param>
/// <param name="Fields">Of a column: which of its nested fields; null: all.</param>
/// <param name="Query">Of a relationship.</param>
public sealed record NdcField(
    string Type, string? Column = null, JsonNode? Fields = null, JsonObject? Arguments = null, JsonNode? Query = null, string? Relationship = null)
{
    public static NdcField OfColumn(string name) => new("column", name);
}

public sealed record NdcOrderBy(IReadOnlyList<NdcOrderByElement> Elements);

/// <param name="OrderDirection"><c>asc</c> or <c>desc</c>.</param>
public sealed record NdcOrderByElement(string OrderDirection, JsonNode Target)
{
    public static NdcOrderByElement Ascending(string column) => Of("asc", column);

    public static NdcOrderByElement Descending(string column) => Of("desc", column);

    private static NdcOrderByElement Of(string direction, string column) => new(direction, new JsonObject { ["type"] = "column", ["name"] = column, ["path"] = new JsonArray() });
}

/// <summary>Predicates; those that a program makes by itself.</summary>
public static class NdcPredicate
{
    public static JsonObject And(IEnumerable<JsonNode> expressions) => new() { ["type"] = "and", ["expressions"] = new JsonArray([.. expressions]) };

    public static JsonObject Or(IEnumerable<JsonNode> expressions) => new() { ["type"] = "or", ["expressions"] = new JsonArray([.. expressions]) };

    /// <param name="withPath">0.1 wants the path of the column, 0.2 does not know it there.</param>
    public static JsonObject Compare(string column, string operatorName, JsonNode? value, bool withPath = false)
    {
        var target = new JsonObject { ["type"] = "column", ["name"] = column };
        if (withPath)
            target["path"] = new JsonArray();
        return new()
        {
            ["type"] = "binary_comparison_operator",
            ["column"] = target,
            ["operator"] = operatorName,
            ["value"] = new JsonObject { ["type"] = "scalar", ["value"] = value?.DeepClone() },
        };
    }
}

/// <summary>One of the answers to a query, in the order of its variables.</summary>
/// <param name="Rows">Each an object by the names of the fields asked for.</param>
public sealed record NdcRowSet(IReadOnlyList<JsonElement>? Rows = null, JsonElement? Aggregates = null, JsonElement? Groups = null);

public sealed record NdcExplanation(IReadOnlyDictionary<string, string> Details);

/// <summary>The body of <c>POST /mutation</c> and <c>POST /mutation/explain</c>.</summary>
public sealed record NdcMutationRequest(IReadOnlyList<NdcMutationOperation> Operations, JsonObject CollectionRelationships, JsonObject? RequestArguments = null);

/// <param name="Fields">Which of the result's fields; null: all.</param>
public sealed record NdcMutationOperation(string Type, string Name, JsonObject Arguments, JsonNode? Fields = null)
{
    public static NdcMutationOperation OfProcedure(string name, JsonObject arguments) => new("procedure", name, arguments);
}

public sealed record NdcMutationAnswer(IReadOnlyList<NdcMutationResult> OperationResults);

/// <param name="Result">May be null.</param>
public sealed record NdcMutationResult(string Type, JsonElement Result = default);
