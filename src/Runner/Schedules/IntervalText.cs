using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Platform.Runner.Schedules;

/// <summary>Intervals as people write them: <c>90s</c>, <c>15m</c>, <c>1h30m</c>, <c>1d</c>; the larger unit first, each at most once.</summary>
internal static partial class IntervalText
{
    private static readonly (string Unit, long Seconds)[] Units = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)];

    /// <summary>Seconds; null for what is no interval.</summary>
    public static long? Parse(string text)
    {
        if (text.Length == 0 || Form().Match(text) is not { Success: true } match)
            return null;
        return Units.Sum(unit => match.Groups[unit.Unit] is { Success: true } number
            ? unit.Seconds * long.Parse(number.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0);
    }

    public static string Of(long seconds)
    {
        var text = new StringBuilder();
        foreach (var (unit, size) in Units)
        {
            if (seconds / size is > 0 and var count)
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            seconds %= size;
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^((?<d>\d{1,8})d)?((?<h>\d{1,8})h)?((?<m>\d{1,8})m)?((?<s>\d{1,8})s)?\z")]
    private static partial Regex Form();
}
