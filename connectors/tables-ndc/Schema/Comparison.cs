using System.Text.RegularExpressions;
using Platform.Connectors.Tables.Data;

namespace Platform.Connectors.Tables.Schema;

/// <summary>A binary operator of a scalar type. Null on either side: it does not hold.</summary>
/// <param name="Kind">What it means, by the specification's names; <c>custom</c>: only its own documentation says.</param>
/// <param name="Holds">Of the column's value and the other one; for the kind <c>in</c> the other one is an array.</param>
internal sealed record Comparison(string Name, string Kind, Func<object, object, bool> Holds)
{
    public static IReadOnlyList<Comparison> Equality { get; } =
    [
        new("eq", "equal", Values.AreEqual),
        new("in", "in", (value, all) => ((object?[])all).Any(one => one is not null && Values.AreEqual(value, one))),
    ];

    public static IReadOnlyList<Comparison> Ordered { get; } =
    [
        .. Equality,
        new("gt", "greater_than", (a, b) => Values.Compare(a, b) > 0),
        new("gte", "greater_than_or_equal", (a, b) => Values.Compare(a, b) >= 0),
        new("lt", "less_than", (a, b) => Values.Compare(a, b) < 0),
        new("lte", "less_than_or_equal", (a, b) => Values.Compare(a, b) <= 0),
    ];

    public static IReadOnlyList<Comparison> OfText { get; } =
    [
        Text("contains", "contains", (a, b) => a.Contains(b, StringComparison.Ordinal)),
        Text("ends_with", "ends_with", (a, b) => a.EndsWith(b, StringComparison.Ordinal)),
        Text("icontains", "contains_insensitive", (a, b) => a.Contains(b, StringComparison.OrdinalIgnoreCase)),
        Text("iends_with", "ends_with_insensitive", (a, b) => a.EndsWith(b, StringComparison.OrdinalIgnoreCase)),
        Text("istarts_with", "starts_with_insensitive", (a, b) => a.StartsWith(b, StringComparison.OrdinalIgnoreCase)),
        Text("like", "custom", Like),
        Text("starts_with", "starts_with", (a, b) => a.StartsWith(b, StringComparison.Ordinal)),
    ];

    private static Comparison Text(string name, string kind, Func<string, string, bool> holds) => new(name, kind, (a, b) => holds((string)a, (string)b));

    /// <summary>A regular expression, found anywhere, as with the reference connector. Without backtracking: no pattern takes for ever.</summary>
    private static bool Like(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw Problem.Unfit("bad_pattern", $"The pattern of like is none that can be used: {e.Message}");
        }
    }
}
