using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Oms.Yaml;

/// <summary>What a plain scalar is under the core schema of YAML 1.2: <c>yes</c>, <c>off</c> and <c>012</c> mean nothing special.</summary>
internal static class CoreSchema
{
    public static bool IsNull(YamlScalar scalar) => scalar is { IsText: false, Value: "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>JSON text of a node; not finite numbers, which JSON lacks, are text.</summary>
    public static string ToJson(YamlNode node) => ToNode(node)?.ToJsonString(Relaxed) ?? "null";

    public static string Quote(string text) => JsonValue.Create(text).ToJsonString(Relaxed);

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static bool? Boolean(YamlScalar scalar) => scalar switch
    {
        { IsText: true } => null,
        { Value: "true" or "True" or "TRUE" } => true,
        { Value: "false" or "False" or "FALSE" } => false,
        _ => null,
    };

    /// <summary>Digits for JSON; null: it is no whole number.</summary>
    public static string? Integer(string text)
    {
        if (text.Length is > 2 and < 40 && (text[0], text[1]) is ('0', 'x' or 'o')) return OfBase(text[1] == 'x' ? 16 : 8, text[2..]);
        var digits = text.AsSpan().TrimStart("+-");
        if (digits.IsEmpty || text.Length - digits.Length > 1 || digits.ContainsAnyExceptInRange('0', '9')) return null;
        digits = digits.TrimStart('0');
        return digits.IsEmpty ? "0" : text[0] == '-' ? $"-{digits}" : digits.ToString();
    }

    /// <summary>For JSON; null: it is no number that JSON knows.</summary>
    public static string? Number(string text)
    {
        if (Integer(text) is { } integer) return integer;
        // Only what the schema allows reaches the parser: no spaces, no words.
        if (text.AsSpan().ContainsAnyExcept("+-.0123456789eE") || !text.AsSpan().ContainsAnyInRange('0', '9')) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number.ToString("R", CultureInfo.InvariantCulture) : null;
    }

    private static string? OfBase(int radix, string digits) =>
        digits.All(c => char.IsAsciiHexDigit(c) && Convert.ToInt32(c.ToString(), 16) < radix)
            ? digits.Aggregate(BigInteger.Zero, (sum, c) => (sum * radix) + Convert.ToInt32(c.ToString(), 16)).ToString(CultureInfo.InvariantCulture) : null;

    private static JsonNode? ToNode(YamlNode node) => node switch
    {
        YamlScalar scalar => ToValue(scalar),
        YamlList list => new JsonArray([.. list.Items.Select(ToNode)]),
        YamlMap map => new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key.Value, ToNode(entry.Value)))),
        _ => null,
    };

    private static JsonNode? ToValue(YamlScalar scalar)
    {
        if (scalar.IsText) return JsonValue.Create(scalar.Value);
        if (IsNull(scalar)) return null;
        if (Boolean(scalar) is { } boolean) return JsonValue.Create(boolean);
        return Number(scalar.Value) is { } number ? JsonNode.Parse(Encoding.UTF8.GetBytes(number)) : JsonValue.Create(scalar.Value);
    }
}
