using System.Text.Json.Nodes;

namespace Platform.Ndc;

/// <summary>Types of a connector as JSON Schema (draft 2020-12). Object types, which may contain themselves, stand under <c>$defs</c>.</summary>
public static class NdcJsonSchema
{
    /// <summary>The schema of one value, complete with all definitions that it needs.</summary>
    public static JsonObject Of(NdcType type, NdcSchema schema)
    {
        var definitions = new JsonObject();
        var read = Of(type, schema, definitions);
        if (definitions.Count > 0)
            read["$defs"] = definitions;
        return read;
    }

    /// <summary>Of the arguments of a collection, function or procedure: an object. What may be null may be left out.</summary>
    public static JsonObject OfArguments(IReadOnlyDictionary<string, NdcArgument>? arguments, NdcSchema schema)
    {
        var definitions = new JsonObject();
        var read = new JsonObject { ["type"] = "object" };
        Members(read, (arguments ?? new Dictionary<string, NdcArgument>()).Select(a => (a.Key, a.Value.Type, a.Value.Description)), schema, definitions);
        if (definitions.Count > 0)
            read["$defs"] = definitions;
        return read;
    }

    private static JsonObject Of(NdcType type, NdcSchema schema, JsonObject definitions)
    {
        switch (type)
        {
            case { Type: NdcType.Nullable, UnderlyingType: { } inner }:
                return new() { ["anyOf"] = new JsonArray(Of(inner, schema, definitions), new JsonObject { ["type"] = "null" }) };
            case { Type: NdcType.Array, ElementType: { } element }:
                return new() { ["type"] = "array", ["items"] = Of(element, schema, definitions) };
            case { Type: NdcType.Predicate, ObjectTypeName: { } about }:
                return new() { ["type"] = "object", ["description"] = $"An NDC predicate on {about}." };
            case { Type: NdcType.Named, Name: { } name } when schema.ObjectTypes.TryGetValue(name, out var declared):
                Define(name, declared, schema, definitions);
                return new() { ["$ref"] = $"#/$defs/{Pointer(name)}" };
            case { Type: NdcType.Named, Name: { } name } when schema.ScalarTypes.TryGetValue(name, out var scalar):
                return Scalar(scalar.Representation);
            default:
                return [];
        }
    }

    private static void Define(string name, NdcObjectType declared, NdcSchema schema, JsonObject definitions)
    {
        if (definitions.ContainsKey(name))
            return;
        var read = new JsonObject { ["type"] = "object" };
        // Before its fields, which may be of the same type.
        definitions[name] = read;
        if (declared.Description is { } description)
            read["description"] = description;
        Members(read, declared.Fields.Select(f => (f.Key, f.Value.Type, f.Value.Description)), schema, definitions);
    }

    private static void Members(JsonObject into, IEnumerable<(string Name, NdcType Type, string? Description)> members, NdcSchema schema, JsonObject definitions)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var (name, type, description) in members)
        {
            var read = Of(type, schema, definitions);
            if (description is not null)
                read["description"] = description;
            properties[name] = read;
            if (!type.IsNullable)
                required.Add(name);
        }

        into["properties"] = properties;
        if (required.Count > 0)
            into["required"] = required;
    }

    // As the specification's chapter on type representations says: 64 bits and more travel as text. Connectors of 0.1 send numbers, so both are right.
    private static JsonObject Scalar(NdcRepresentation? representation) => representation?.Type switch
    {
        "boolean" => new() { ["type"] = "boolean" },
        "string" => new() { ["type"] = "string" },
        "number" or "float32" or "float64" => new() { ["type"] = "number" },
        "integer" or "int8" or "int16" or "int32" => new() { ["type"] = "integer" },
        "int64" or "biginteger" => new() { ["type"] = new JsonArray("integer", "string"), ["pattern"] = "^-?[0-9]+$" },
        "bigdecimal" => new() { ["type"] = new JsonArray("number", "string") },
        "uuid" => new() { ["type"] = "string", ["format"] = "uuid" },
        "date" => new() { ["type"] = "string", ["format"] = "date" },
        "timestamp" => new() { ["type"] = "string" },
        "timestamptz" => new() { ["type"] = "string", ["format"] = "date-time" },
        "bytes" => new() { ["type"] = "string", ["contentEncoding"] = "base64" },
        "enum" when representation.OneOf is { } values => new() { ["enum"] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]) },
        "geography" or "geometry" => new() { ["type"] = "object", ["description"] = "GeoJSON." },
        _ => [],
    };

    private static string Pointer(string name) => Uri.EscapeDataString(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
}
