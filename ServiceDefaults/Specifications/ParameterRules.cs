using System.Text.Encodings.Web;
using System.Text.Json;

namespace Platform.ServiceDefaults;

/// <summary>
/// The rules of the parameter model: what users give is checked by the platform, before a connector is started. Errors and their texts never hold a
/// value, and so no secret.
/// </summary>
public static partial class ParameterRules
{
    /// <summary>So many errors are told at once; there is no use in more.</summary>
    public const int MaxErrors = 100;

    /// <summary>Of values within values, in what is given.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Checks given values and makes of them what the connector gets: defaults applied, text trimmed, numbers and booleans that came as text as
    /// JSON's own, what is empty left out. Applied to its own result it changes nothing.
    /// </summary>
    /// <param name="json">A JSON object; blank: an empty one.</param>
    /// <returns>
    /// The values as a JSON object, <c>{}</c> when there are errors. The fields of errors are paths such as <c>limits.size</c> or <c>tables[0].name</c>, empty
    /// for the whole; their codes are malformed_json, wrong_type, unknown_field, reserved_name, duplicate_field, required, out_of_range, not_allowed, no_match and
    /// too_deep, and unusable_rule for a specification in which <see cref="Problems"/> would have found something.
    /// </returns>
    public static (string Json, IReadOnlyList<FieldError> Errors) Apply(IReadOnlyList<Parameter> parameters, string json)
    {
        var reader = new ParameterReader();
        try
        {
            using var given = JsonDocument.Parse(string.IsNullOrWhiteSpace(json) ? "{}" : json, new() { MaxDepth = MaxDepth });
            if (given.RootElement.ValueKind != JsonValueKind.Object)
                return ("{}", [new("", "wrong_type", "The values are given as a JSON object.")]);
            var values = reader.Members(parameters, given.RootElement, "", isSecret: false);
            return reader.Errors.Count == 0 ? (values.ToJsonString(Plain), []) : ("{}", reader.Errors);
        }
        // The position and nothing else: a message of the parser may hold a piece of a secret.
        catch (JsonException e)
        {
            return ("{}", [new("", "malformed_json", $"The JSON can't be read at line {e.LineNumber + 1}, byte {e.BytePositionInLine}; it may be {MaxDepth} levels deep.")]);
        }
        // From GetString, which decodes late.
        catch (InvalidOperationException)
        {
            return ("{}", [new("", "malformed_json", "The JSON has half of a surrogate pair in a string.")]);
        }
    }

    /// <summary>The parameter that a name belongs to: its own, or else the first with a <c>*</c> in the right place.</summary>
    public static Parameter? Find(IReadOnlyList<Parameter> parameters, string name) =>
        parameters.FirstOrDefault(p => p.Name == name) ?? parameters.FirstOrDefault(p => HasWildcard(p.Name) && Matches(p.Name.Split('.'), name.Split('.')));

    internal static bool HasWildcard(string name) => name.Split('.').Contains("*");

    internal static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> name)
    {
        if (pattern.Length != name.Length) return false;
        for (var i = 0; i < pattern.Length; i++)
            if (pattern[i] != name[i] && (pattern[i] != "*" || name[i] == "")) return false;
        return true;
    }

    internal static bool IsStructured(string type) => type is ParameterTypes.List or ParameterTypes.Map or ParameterTypes.Object or ParameterTypes.Any;

    /// <summary>Absent, null or, unless that is a value here, blank text: then a default is taken.</summary>
    internal static bool IsEmpty(Parameter parameter, JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
        || (!parameter.Verbatim && value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString()));

    /// <summary>Null for what is no JSON array with at least one value.</summary>
    public static IReadOnlyList<JsonElement>? Enumerated(string json)
    {
        try
        {
            return JsonElement.Parse(json) is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 ? [.. array.EnumerateArray()] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
