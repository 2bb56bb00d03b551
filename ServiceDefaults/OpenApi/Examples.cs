using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Platform.ServiceDefaults;

/// <summary>An example of each answer, made from its schema and so never without a member; what a member is like is said once, in <see cref="ExampleValues"/>.</summary>
internal static class Examples
{
    // Some schemas contain themselves.
    private const int MaxDepth = 6;

    /// <param name="schemas">Of the document, for the events of a stream.</param>
    public static JsonNode? Of(string mediaType, IOpenApiSchema? schema, string path, IDictionary<string, IOpenApiSchema> schemas) => mediaType switch
    {
        "text/event-stream" => ExampleValues.Streams.Where(stream => path.EndsWith(stream.End, StringComparison.Ordinal))
            .Select(stream => JsonValue.Create(stream.Text.Replace("{data}", stream.Data is { } name ? Of(schemas[name], null, name)!.ToJsonString() : "", StringComparison.Ordinal))).FirstOrDefault(),
        "text/csv" => ExampleValues.Table,
        "application/octet-stream" => "",
        "application/x-ndjson" => Of(schema)?.ToJsonString() + "\n",
        _ => Of(schema),
    };

    public static JsonNode? Of(IOpenApiSchema? schema, string? member = null, string? type = null, int depth = 0)
    {
        if (schema is null || depth > MaxDepth) return null;
        if (ExampleValues.Find(type, member) is { } json && Fits(schema, json)) return JsonNode.Parse(json);
        if (schema.OneOf is { Count: > 0 } choices)
            return IsNullable(schema) ? null : Of(choices[0], member, type, depth + 1);
        if (schema.Enum is [{ } first, ..]) return first.DeepClone();
        if (IsNullable(schema)) return null;
        var named = schema is OpenApiSchemaReference reference ? reference.Reference.Id : type;
        return schema.Type switch
        {
            JsonSchemaType.Object when schema.Properties is { Count: > 0 } properties => new JsonObject(properties
                .Where(p => schema.Required?.Contains(p.Key) == true || ExampleValues.Find(named, p.Key) is { } known && Fits(p.Value, known))
                .Select(p => KeyValuePair.Create(p.Key, Of(p.Value, p.Key, named, depth + 1)))),
            JsonSchemaType.Object when schema.AdditionalProperties is { } inner => new JsonObject { ["name"] = Of(inner, null, null, depth + 1) },
            JsonSchemaType.Array => Of(schema.Items, null, null, depth + 1) is { } item && depth < MaxDepth ? new JsonArray(item) : [],
            JsonSchemaType.Integer => 1,
            JsonSchemaType.Number => 0.5,
            JsonSchemaType.Boolean => true,
            JsonSchemaType.String when schema.Format == "uuid" => ExampleValues.Id,
            JsonSchemaType.String when schema.Format == "date-time" => ExampleValues.Time,
            JsonSchemaType.String => "text",
            _ => new JsonObject(),
        };
    }

    public static bool IsNullable(IOpenApiSchema schema) =>
        schema.Type?.HasFlag(JsonSchemaType.Null) == true || schema.OneOf?.Any(choice => choice.Type == JsonSchemaType.Null) == true;

    /// <summary>Members of one name have one type almost everywhere.</summary>
    private static bool Fits(IOpenApiSchema schema, string json)
    {
        using var value = JsonDocument.Parse(json);
        var kind = value.RootElement.ValueKind;
        if (schema.OneOf is { Count: > 0 } choices) return choices.Any(choice => Fits(choice, json));
        // Anything.
        if (schema.Type is not { } type) return schema.Enum is not { Count: > 0 } && kind == JsonValueKind.Object;
        return kind switch
        {
            JsonValueKind.String => type.HasFlag(JsonSchemaType.String),
            JsonValueKind.Number => type.HasFlag(JsonSchemaType.Number) || type.HasFlag(JsonSchemaType.Integer) && value.RootElement.TryGetInt64(out _),
            JsonValueKind.True or JsonValueKind.False => type.HasFlag(JsonSchemaType.Boolean),
            JsonValueKind.Array => type.HasFlag(JsonSchemaType.Array) && schema.Items is { } items && value.RootElement.EnumerateArray().All(item => Fits(items, item.GetRawText())),
            JsonValueKind.Object => type.HasFlag(JsonSchemaType.Object) && schema.Properties is not { Count: > 0 },
            _ => type.HasFlag(JsonSchemaType.Null),
        };
    }
}
