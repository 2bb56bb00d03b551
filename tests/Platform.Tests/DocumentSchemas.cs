using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Platform.Tests;

/// <summary>Schemas of an OpenAPI document, as judges of values.</summary>
internal sealed class DocumentSchemas(JsonNode document)
{
    private const string Within = "#/components/schemas/";

    private readonly JsonNode definitions = Moved(document["components"]!["schemas"]!);
    private readonly Dictionary<string, JsonSchema> known = [];

    /// <summary>What of the value the schema does not allow, and which members it has that the schema does not name.</summary>
    public IReadOnlyList<string> Complaints(JsonNode schema, JsonNode? value) => [.. Violations(schema, value).Concat(Unnamed(schema, value, "")).Distinct()];

    private IEnumerable<string> Violations(JsonNode schema, JsonNode? value)
    {
        var text = schema.ToJsonString();
        if (!known.TryGetValue(text, out var judge))
            known[text] = judge = JsonSchema.FromText(new JsonObject { ["$defs"] = definitions.DeepClone(), ["allOf"] = new JsonArray(Moved(schema)) }.ToJsonString());
        var result = judge.Evaluate(JsonElement.Parse(value?.ToJsonString() ?? "null"), new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (result.IsValid) return [];
        var errors = (result.Details ?? []).Where(detail => !detail.IsValid && detail.Errors is not null).SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")).ToArray();
        return errors.Length > 0 ? errors : ["it does not fit"];
    }

    private IEnumerable<string> Unnamed(JsonNode? schema, JsonNode? value, string path)
    {
        schema = Resolve(schema);
        if ((schema?["oneOf"] ?? schema?["anyOf"]) is JsonArray choices)
        {
            var some = choices.Where(choice => (string?)(choice?["type"] as JsonValue) != "null").ToArray();
            return some.Length == 1 ? Unnamed(some[0], value, path) : [];
        }
        return value switch
        {
            JsonArray array => array.SelectMany((item, i) => Unnamed(schema?["items"], item, $"{path}/{i}")),
            JsonObject json when schema?["properties"] is JsonObject properties => json.SelectMany(member =>
                properties[member.Key] is { } inner ? Unnamed(inner, member.Value, $"{path}/{member.Key}")
                : schema["additionalProperties"] is null ? [$"{path}/{member.Key} is in no schema"] : []),
            _ => [],
        };
    }

    private JsonNode? Resolve(JsonNode? schema) =>
        (string?)schema?["$ref"] is { } reference ? Resolve(document["components"]!["schemas"]![reference[Within.Length..]]) : schema;

    // A schema by itself has its definitions elsewhere than a document does.
    private static JsonNode Moved(JsonNode schema) => JsonNode.Parse(schema.ToJsonString().Replace(Within, "#/$defs/", StringComparison.Ordinal))!;
}
