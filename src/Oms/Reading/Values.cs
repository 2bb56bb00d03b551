using System.Globalization;
using System.Text.RegularExpressions;
using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Values in the file, as JSON of a declared type.</summary>
internal static class Values
{
    /// <summary>Null: the value is not of the type, and can't be written as one.</summary>
    public static string? OfType(string type, YamlNode node) => (type, node) switch
    {
        // YAML takes 10, true and 1.0 for something else than text; their author wanted the text.
        (OmsTypes.String or OmsTypes.File, YamlScalar scalar) => CoreSchema.Quote(scalar.Value),
        (OmsTypes.Int, YamlScalar scalar) => CoreSchema.Integer(scalar.Value),
        (OmsTypes.Float, YamlScalar scalar) => CoreSchema.Number(scalar.Value),
        (OmsTypes.Boolean, YamlScalar scalar) => scalar.Value.ToLowerInvariant() is "true" or "false" ? scalar.Value.ToLowerInvariant() : null,
        (OmsTypes.List, YamlList) or (OmsTypes.Map or OmsTypes.Object, YamlMap) or (OmsTypes.Any, _) => CoreSchema.ToJson(node),
        _ => null,
    };

    /// <summary>The type that all of them have.</summary>
    public static string TypeOf(IReadOnlyList<YamlNode> values)
    {
        if (values.Count == 0) return OmsTypes.String;
        if (values.All(v => v is YamlScalar { IsText: false } s && CoreSchema.Integer(s.Value) is not null)) return OmsTypes.Int;
        if (values.All(v => v is YamlScalar { IsText: false } s && CoreSchema.Number(s.Value) is not null)) return OmsTypes.Float;
        if (values.All(v => v is YamlScalar s && CoreSchema.Boolean(s) is not null)) return OmsTypes.Boolean;
        // no, 1 and x together are words: nobody means a list of a boolean, a number and a text.
        return values.All(v => v is YamlScalar { IsNull: false }) ? OmsTypes.String : OmsTypes.Any;
    }

    /// <summary>Why a default is not one of the values that are allowed; null: it is.</summary>
    public static string? Refusal(string json, string text, IReadOnlyList<string>? allowed, string? pattern, double? min, double? max)
    {
        if (allowed is not null && !allowed.Contains(json)) return "is not among the values of enum";
        if (pattern is not null && !Regex.IsMatch(text, pattern, RegexOptions.NonBacktracking)) return "does not match the pattern";
        if (!double.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return null;
        return number < min || number > max ? "is out of the range" : null;
    }
}
