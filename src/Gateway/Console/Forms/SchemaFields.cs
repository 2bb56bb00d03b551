using System.Text.Json;

namespace Platform.Gateway.Console.Forms;

/// <summary>The form of an action's arguments, from their JSON Schema. What the schema says beyond a form's means is a field for JSON; the service checks all of it anyway.</summary>
internal static class SchemaFields
{
    public const string Root = "arguments";

    public static IReadOnlyList<FormField> Of(JsonElement schema)
    {
        List<FormField> fields = [.. Members(schema, [])];
        var open = schema.TryGetProperty("patternProperties", out _) || (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object);
        if (open) fields.Add(new(Root, [], FieldKind.Json, "Further arguments, as a JSON object."));
        return fields;
    }

    private static IEnumerable<FormField> Members(JsonElement schema, IReadOnlyList<string> outer)
    {
        if (!schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object) return [];
        var required = Texts(schema, "required").ToHashSet(StringComparer.Ordinal);
        return properties.EnumerateObject().SelectMany(member => Of(member.Value, [.. outer, member.Name], required.Contains(member.Name)));
    }

    private static IEnumerable<FormField> Of(JsonElement schema, IReadOnlyList<string> path, bool required)
    {
        var kind = Kind(schema);
        if (kind == FieldKind.Json && Type(schema) == "object" && Members(schema, path).ToList() is { Count: > 0 } members) return members;
        var choices = kind == FieldKind.Choice ? schema.GetProperty("enum").EnumerateArray().Select(value => value.GetRawText()).ToList() : null;
        return [new(Root, path, kind, Text(schema, "description") ?? Text(schema, "title"), required, Default(schema, kind), choices, Rules(schema))];
    }

    private static FieldKind Kind(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object) return FieldKind.Json;
        if (schema.TryGetProperty("writeOnly", out var secret) && secret.ValueKind == JsonValueKind.True) return FieldKind.Secret;
        if (Type(schema) == "boolean") return FieldKind.Boolean;
        if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array) return FieldKind.Choice;
        return Type(schema) switch
        {
            "string" => FieldKind.Text,
            "integer" => FieldKind.Integer,
            "number" => FieldKind.Number,
            "array" when schema.TryGetProperty("items", out var items) && Type(items) is "string" or "integer" or "number" => FieldKind.Lines,
            _ => FieldKind.Json,
        };
    }

    private static string? Default(JsonElement schema, FieldKind kind)
    {
        if (!schema.TryGetProperty("default", out var value)) return null;
        return kind switch
        {
            FieldKind.Lines when value.ValueKind == JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(item => item.ToString())),
            FieldKind.Choice or FieldKind.Json => value.GetRawText(),
            _ => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText(),
        };
    }

    private static string? Rules(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object) return null;
        var rules = from rule in new[]
                    {
                        ("minimum", "at least {0}"), ("maximum", "at most {0}"), ("exclusiveMinimum", "greater than {0}"), ("exclusiveMaximum", "less than {0}"),
                        ("minLength", "at least {0} characters"), ("maxLength", "at most {0} characters"), ("pattern", "must match {0}"), ("format", "a {0}"),
                    }
                    let value = schema.TryGetProperty(rule.Item1, out var found) ? found.ToString() : null
                    where value is not null && (rule.Item1, value) is not ("minLength", "1")
                    select string.Format(System.Globalization.CultureInfo.InvariantCulture, rule.Item2, value);
        var words = string.Join("; ", rules);
        return words.Length == 0 ? null : words;
    }

    private static string? Type(JsonElement schema) => schema.ValueKind == JsonValueKind.Object ? Text(schema, "type") : null;

    private static string? Text(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string> Texts(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)
            : [];
}
