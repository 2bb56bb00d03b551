using System.Globalization;
using System.Text.Json;

namespace Platform.Connectors.Tables.Schema;

/// <param name="Representation">How values stand in JSON, by the specification's names.</param>
/// <param name="FromText">A cell; null: it is none of this type.</param>
/// <param name="FromJson">Never JSON null; null: it is none of this type.</param>
internal sealed record ScalarType(
    string Name, string Representation, Func<string, object?> FromText, Func<JsonElement, object?> FromJson,
    IReadOnlyList<Comparison> Comparisons, IReadOnlyList<Aggregation> Aggregations, IReadOnlyList<Extraction> Extractions)
{
    public Comparison Comparison(string name) =>
        Comparisons.FirstOrDefault(c => c.Name == name) ?? throw Problem.Unknown("operator", name, Comparisons.Select(c => c.Name), $"of {Name}");

    public Aggregation Aggregation(string name) =>
        Aggregations.FirstOrDefault(a => a.Name == name) ?? throw Problem.Unknown("function", name, Aggregations.Select(a => a.Name), $"of {Name}");

    public Extraction Extraction(string name) =>
        Extractions.FirstOrDefault(e => e.Name == name) ?? throw Problem.Unknown("extraction", name, Extractions.Select(e => e.Name), $"of {Name}");
}

/// <summary>
/// The scalar types. Values are int, long, double, bool and string, one .NET type for each representation, so that a value alone says how it is written.
/// </summary>
internal static class Scalars
{
    private static readonly Aggregation[] sums = [Aggregation.Average, Aggregation.Maximum, Aggregation.Minimum, Aggregation.SumOfIntegers];

    public static ScalarType Int { get; } = new(
        "Int", "int32",
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null,
        json => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var value) ? value : null,
        Comparison.Ordered, sums, []);

    /// <summary>In JSON a text, as the specification says: not every reader of JSON keeps 64 bits. A number is taken as well.</summary>
    public static ScalarType Int64 { get; } = new(
        "Int64", "int64", Long,
        json => json.ValueKind == JsonValueKind.String ? Long(json.GetString()!) : json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var value) ? value : null,
        Comparison.Ordered, sums, []);

    public static ScalarType Float { get; } = new(
        "Float", "float64",
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null,
        json => json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var value) && double.IsFinite(value) ? value : null,
        Comparison.Ordered, [Aggregation.Average, Aggregation.Maximum, Aggregation.Minimum, Aggregation.SumOfFloats], []);

    public static ScalarType String { get; } = new(
        "String", "string", text => text, json => json.ValueKind == JsonValueKind.String ? json.GetString() : null,
        [.. Comparison.Ordered, .. Comparison.OfText], [Aggregation.Maximum, Aggregation.Minimum], []);

    public static ScalarType Boolean { get; } = new(
        "Boolean", "boolean",
        text => bool.TryParse(text, out var value) ? value : null,
        json => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null,
        Comparison.Equality, [], []);

    /// <summary>A text like 1966-03-01, which sorts as it is.</summary>
    public static ScalarType Date { get; } = new(
        "Date", "date", DateText, json => json.ValueKind == JsonValueKind.String ? DateText(json.GetString()!) : null,
        Comparison.Ordered, [Aggregation.Maximum, Aggregation.Minimum], [Extraction.Day, Extraction.Month, Extraction.Year]);

    public static IReadOnlyDictionary<string, ScalarType> All { get; } = new[] { Boolean, Date, Float, Int, Int64, String }.ToDictionary(s => s.Name);

    private static object? Long(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string? DateText(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? text : null;
}
