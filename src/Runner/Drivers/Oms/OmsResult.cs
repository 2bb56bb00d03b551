using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms;

/// <summary>
/// What a service answered, as the JSON value that its action declares. Scalars may come bare (<c>42</c>, <c>True</c>), lists, maps and objects only as
/// JSON; in these all elements and properties are checked, and more properties than declared are welcome.
/// </summary>
internal static class OmsResult
{
    private const int MaxDepth = 1000;
    private const int MaxViolations = 100;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="bytes">All of them; of a command's output without the end of its last line.</param>
    /// <param name="contentType">That came with them; null: none did. JSON is what this or the output's own says is JSON.</param>
    /// <returns>JSON in UTF-8; <c>null</c> where nothing is declared to come.</returns>
    /// <exception cref="RunFaultException"><c>bad_result</c>, with all that is wrong.</exception>
    public static byte[] Read(OmsOutput output, ReadOnlyMemory<byte> bytes, string? contentType)
    {
        if (output.Type == OmsTypes.None)
            return "null"u8.ToArray();
        if (output.Type == OmsTypes.File)
            return JsonSerializer.SerializeToUtf8Bytes(bytes.ToArray(), Plain);
        if (!Utf8.IsValid(bytes.Span))
            throw OmsFaults.BadResult(["it is not text in UTF-8; for other bytes the type is file"]);
        try
        {
            return Read(output, bytes, IsJson(contentType) || IsJson(output.ContentType));
        }
        // Strings are decoded late.
        catch (InvalidOperationException)
        {
            throw OmsFaults.BadResult(["it has half of a surrogate pair, which is no text"]);
        }
    }

    private static byte[] Read(OmsOutput output, ReadOnlyMemory<byte> bytes, bool saysJson) => output.Type switch
    {
        OmsTypes.String => saysJson && Parse(bytes) is { RootElement.ValueKind: JsonValueKind.String } quoted ? Text(quoted.RootElement.GetString()!) : Text(bytes),
        OmsTypes.Int => Scalar(bytes, "a whole number of 64 bits", Whole),
        OmsTypes.Float => Scalar(bytes, "a number of 64 bits", Number),
        OmsTypes.Boolean => Scalar(bytes, "true or false", text => bool.TryParse(text, out var value) ? value ? "true" : "false" : null),
        OmsTypes.List or OmsTypes.Map or OmsTypes.Object => Structured(output, bytes),
        _ => saysJson && Parse(bytes) is { } json ? Same(json) : Text(bytes),
    };

    private static byte[] Structured(OmsOutput output, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.Trim(" \t\r\n"u8).IsEmpty)
            throw OmsFaults.BadResult([$"it is empty; the type {output.Type} is given as JSON"]);
        using var json = Parse(bytes) ?? throw OmsFaults.BadResult([$"it is no JSON; the type {output.Type} is given as JSON"], Encoding.UTF8.GetString(bytes.Span));
        List<string> violations = [];
        Check(new OmsArgument("", output.Type, Elements: output.Elements, Properties: output.Properties), json.RootElement, "", violations);
        return violations.Count == 0 ? Same(json) : throw OmsFaults.BadResult(violations, Encoding.UTF8.GetString(bytes.Span));
    }

    private static void Check(OmsArgument declared, JsonElement value, string path, List<string> violations)
    {
        if (violations.Count >= MaxViolations)
            return;
        if (Expected(declared.Type, value) is { } expected)
        {
            violations.Add(path.Length == 0 ? $"it must be {expected}" : $"{path} must be {expected}");
            return;
        }

        switch (declared.Type)
        {
            case OmsTypes.List when declared.Elements is { } elements:
                foreach (var (position, item) in value.EnumerateArray().Index())
                    Check(elements, item, $"{path}[{position}]", violations);
                break;
            case OmsTypes.Map when declared.Elements is { } elements:
                foreach (var member in value.EnumerateObject())
                    Check(elements, member.Value, At(member.Name), violations);
                break;
            case OmsTypes.Object:
                foreach (var property in declared.Properties ?? [])
                {
                    var isThere = value.TryGetProperty(property.Name, out var member) && member.ValueKind != JsonValueKind.Null;
                    if (isThere)
                        Check(property, member, At(property.Name), violations);
                    else if (property.Required)
                        violations.Add($"{At(property.Name)} is required and is not there");
                }

                break;
        }

        string At(string name) => path.Length == 0 ? OmsFaults.Shown(name) : $"{path}.{OmsFaults.Shown(name)}";
    }

    // Within JSON each value is of its own kind: text is no number there.
    private static string? Expected(string type, JsonElement value) => type switch
    {
        OmsTypes.String or OmsTypes.File => value.ValueKind == JsonValueKind.String ? null : "a string",
        OmsTypes.Int => value.ValueKind == JsonValueKind.Number && Whole(value.GetRawText()) is not null ? null : "a whole number of 64 bits",
        OmsTypes.Float => value.ValueKind == JsonValueKind.Number && Number(value.GetRawText()) is not null ? null : "a number of 64 bits",
        OmsTypes.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false",
        OmsTypes.List => value.ValueKind == JsonValueKind.Array ? null : "a list",
        OmsTypes.Map or OmsTypes.Object => value.ValueKind == JsonValueKind.Object ? null : "an object",
        _ => null,
    };

    private static byte[] Scalar(ReadOnlyMemory<byte> bytes, string expected, Func<string, string?> read)
    {
        var text = Encoding.UTF8.GetString(bytes.Span).Trim('\ufeff', ' ', '\t', '\r', '\n');
        return read(text) is { } value ? Encoding.UTF8.GetBytes(value) : throw OmsFaults.BadResult([$"it must be {expected}"], text);
    }

    // 1.0 and 1e3 are whole as well.
    private static string? Whole(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole.ToString(CultureInfo.InvariantCulture);
        return Double(text) is { } number && Math.Floor(number) == number && Math.Abs(number) < 1L << 53
            ? ((long)number).ToString(CultureInfo.InvariantCulture) : null;
    }

    private static string? Number(string text)
    {
        if (Double(text) is not { } number)
            return null;
        // What is a number of JSON already keeps its digits.
        return Parse(Encoding.UTF8.GetBytes(text)) is not null ? text : JsonSerializer.Serialize(number);
    }

    private static double? Double(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value) ? value : null;

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType is { } name
        && (name.Equals("application/json", StringComparison.OrdinalIgnoreCase) || name.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    // Some write a byte order mark before it.
    private static JsonDocument? Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes.Span.StartsWith("\ufeff"u8) ? bytes[3..] : bytes, new() { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Text(string text) => JsonSerializer.SerializeToUtf8Bytes(text, Plain);

    private static byte[] Text(ReadOnlyMemory<byte> bytes) => Text(Encoding.UTF8.GetString(bytes.Span));

    private static byte[] Same(JsonDocument json) => Encoding.UTF8.GetBytes(json.RootElement.GetRawText());
}
