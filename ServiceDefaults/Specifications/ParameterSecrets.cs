using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.ServiceDefaults;

public static partial class ParameterRules
{
    /// <summary>What is shown of a secret.</summary>
    public const string Masked = "***";

    /// <summary>The values marked secret, as text and as the connector may say them, for masking; of lists and objects all that is in them. Nothing for what is no JSON object.</summary>
    public static IReadOnlyList<string> SecretValues(IReadOnlyList<Parameter> parameters, string json)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (ReadObject(json) is { } values)
            Visit(parameters, values, secret => Collect(secret, found));
        return [.. found];
    }

    /// <summary>
    /// The values as they may be shown: those marked secret are <see cref="Masked"/>, and so is what the parameters do not know. Null for what is no JSON object.
    /// </summary>
    public static JsonObject? Mask(IReadOnlyList<Parameter> parameters, string json)
    {
        if (ReadObject(json) is not { } values) return null;
        Visit(parameters, values, secret => secret.ReplaceWith(JsonValue.Create(Masked)));
        return values;
    }

    /// <returns>Null for what is no JSON object, is too deep, or has a field twice.</returns>
    public static JsonObject? ReadObject(string json)
    {
        try
        {
            return JsonNode.Parse(string.IsNullOrWhiteSpace(json) ? "{}" : json, documentOptions: new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Visit(IReadOnlyList<Parameter> parameters, JsonObject values, Action<JsonNode> onSecret)
    {
        foreach (var (name, value) in values.ToList())
            Visit(Find(parameters, name), value, onSecret);
    }

    private static void Visit(Parameter? parameter, JsonNode? value, Action<JsonNode> onSecret)
    {
        if (value is null) return;
        if (parameter is null or { Secret: true })
            onSecret(value);
        else if (parameter is { Type: ParameterTypes.Object, Properties: { Count: > 0 } properties } && value is JsonObject members)
            Visit(properties, members, onSecret);
        else if (parameter is { Type: ParameterTypes.Map, Elements: { } held } && value is JsonObject map)
            map.ToList().ForEach(member => Visit(held, member.Value, onSecret));
        else if (parameter is { Type: ParameterTypes.List, Elements: { } elements } && value is JsonArray list)
            list.ToList().ForEach(item => Visit(elements, item, onSecret));
        // An object or list where something else is wanted may hold anything.
        else if (value is not JsonValue && !(IsStructured(parameter.Type)))
            onSecret(value);
    }

    private static void Collect(JsonNode secret, HashSet<string> found)
    {
        switch (secret)
        {
            case JsonObject members:
                foreach (var (_, value) in members)
                    if (value is not null) Collect(value, found);
                break;
            case JsonArray items:
                foreach (var item in items)
                    if (item is not null) Collect(item, found);
                break;
            default:
                var text = secret.GetValueKind() == JsonValueKind.String ? secret.GetValue<string>() : secret.ToJsonString();
                if (secret.GetValueKind() is JsonValueKind.True or JsonValueKind.False || string.IsNullOrWhiteSpace(text)) break;
                found.Add(text);
                found.Add(text.Trim());
                break;
        }
    }
}
