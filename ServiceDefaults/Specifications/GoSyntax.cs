using System.Globalization;

namespace Platform.ServiceDefaults;

/// <summary>Values as text, in the syntax that the connectors' parameter model takes from Go.</summary>
internal static class GoSyntax
{
    /// <summary>A sign and digits to the base of ten, 64 bits.</summary>
    public static long? Int(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>A finite number of 64 bits; null also for what is too large for it.</summary>
    public static double? Float(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value) ? value : null;

    public static bool? Bool(string text) => text switch
    {
        "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        _ => null,
    };

    /// <summary>Numbers with units, such as <c>1h3m</c> or <c>-1.5s</c>; alone 0 needs none.</summary>
    /// <returns>Nanoseconds, cut to whole ones; null for anything else, and for what is outside 64 bits.</returns>
    public static long? Duration(string text)
    {
        var rest = text.AsSpan();
        var isNegative = rest.StartsWith("-");
        if (isNegative || rest.StartsWith("+")) rest = rest[1..];
        if (rest is "0") return 0;
        if (rest.IsEmpty) return null;

        decimal sum = 0;
        while (!rest.IsEmpty)
        {
            var unitAt = rest.IndexOfAnyExcept("0123456789.");
            // More digits than a decimal holds are no duration that anybody means.
            if (unitAt is < 1 or > 28 || !decimal.TryParse(rest[..unitAt], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
            rest = rest[unitAt..];
            var end = rest.IndexOfAny("0123456789.");
            if (Nanoseconds(end < 0 ? rest : rest[..end]) is not { } unit || number > long.MaxValue / unit) return null;
            sum += decimal.Truncate(number * unit);
            if (sum > long.MaxValue) return null;
            rest = end < 0 ? [] : rest[end..];
        }
        return (long)(isNegative ? -sum : sum);
    }

    // The two signs of micro look alike and are both in use.
    private static decimal? Nanoseconds(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "\u00b5s" or "\u03bcs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => null,
    };
}
