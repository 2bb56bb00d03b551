using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>
/// The options of a connection as text. Of a connector that describes itself they are a JSON object that its parameters have to allow; of any other
/// they are its own affair.
/// </summary>
internal static class ConnectionOptions
{
    /// <summary>Of the options as UTF-8.</summary>
    public const int MaxBytes = 256 * 1024;

    private const string Field = "options";

    // What is stored keeps its letters.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>The text of a string, or an object or array as it stands there; null when there is none. Errors are added to the fields.</returns>
    /// <exception cref="ProblemException">413 <c>options_too_large</c>.</exception>
    public static string? Read(JsonFields fields)
    {
        switch (fields.Value(Field))
        {
            case null:
                return null;
            case { ValueKind: JsonValueKind.String } text:
                return Bounded(text.GetString()!);
            case { ValueKind: JsonValueKind.Object or JsonValueKind.Array } value:
                return Bounded(value.GetRawText());
            default:
                fields.Add(new(Field, "wrong_type", "Options are a string, or a JSON object or array."));
                return null;
        }
    }

    /// <summary>Every error of options that are to be stored.</summary>
    /// <param name="specification">Null: anything is right.</param>
    public static IEnumerable<FieldError> Check(ConnectorSpecification? specification, string options)
    {
        if (specification is null) return [];
        var errors = Errors(specification, options);
        return errors.Count == 0 && ParameterRules.SecretValues(specification.Parameters, options).Contains(ParameterRules.Masked)
            ? [new(Field, "masked_value", $"{ParameterRules.Masked} stands for a secret that is not shown: give the secret itself.")]
            : errors;
    }

    /// <summary>In what options do not fit a specification, as of a version that came after them.</summary>
    public static IReadOnlyList<FieldError> Errors(ConnectorSpecification specification, string options) =>
        [.. ParameterRules.Apply(specification.Parameters, options).Errors.Select(error => error with { Field = error.Field == "" ? Field : $"{Field}.{error.Field}" })];

    /// <summary>With secrets masked; null where nothing is known of them.</summary>
    public static JsonObject? Show(ConnectorSpecification? specification, string options) =>
        specification is null ? null : ParameterRules.Mask(specification.Parameters, options);

    /// <summary>
    /// Of a connector that describes itself, the given members in the place of what there is (JSON merge patch, RFC 7396: null removes one), a secret that is
    /// given as it is shown stays; of any other the given text.
    /// </summary>
    public static string Merge(ConnectorSpecification? specification, string before, string given)
    {
        if (specification is null || ReadObject(given) is not { } patch) return given;
        var merged = ReadObject(before) ?? [];
        Merge(merged, patch, specification.Parameters);
        return merged.ToJsonString(Plain);
    }

    /// <exception cref="ProblemException">413 <c>options_too_large</c>.</exception>
    public static byte[] ToBytes(string options) => Encoding.UTF8.GetBytes(Bounded(options));

    private static string Bounded(string options) =>
        Encoding.UTF8.GetByteCount(options) <= MaxBytes ? options : throw Registry.Errors.OptionsTooLarge(MaxBytes);

    private static void Merge(JsonObject target, JsonObject patch, IReadOnlyList<Parameter> parameters)
    {
        foreach (var (name, value) in patch)
        {
            var parameter = ParameterRules.Find(parameters, name);
            if (value is null)
                target.Remove(name);
            else if (parameter is { Secret: true } && IsMasked(value) && target.ContainsKey(name))
                continue;
            else if (value is not JsonObject members)
                target[name] = value.DeepClone();
            else
                Merge(Object(target, name), members, Members(parameter, members));
        }
    }

    private static JsonObject Object(JsonObject target, string name)
    {
        if (target[name] is JsonObject there) return there;
        var made = new JsonObject();
        target[name] = made;
        return made;
    }

    private static IReadOnlyList<Parameter> Members(Parameter? parameter, JsonObject members) => parameter switch
    {
        { Type: ParameterTypes.Map, Elements: { } held } => [.. members.Select(member => held with { Name = member.Key })],
        _ => parameter?.Properties ?? [],
    };

    private static bool IsMasked(JsonNode value) => value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() == ParameterRules.Masked;

    private static JsonObject? ReadObject(string json) => ParameterRules.ReadObject(json);
}
