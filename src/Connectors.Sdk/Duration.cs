using System.Globalization;
using System.Text.RegularExpressions;

namespace Platform.Connectors;

/// <summary>Durations as the platform's parameters write them: numbers with units, such as <c>1h30m</c> or <c>300ms</c>; 0 needs none.</summary>
internal static partial class Duration
{
    /// <returns>Null: it is none.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (!Whole().IsMatch(text))
            return null;
        decimal ticks = 0;
        foreach (Match part in Part().Matches(text))
            ticks += decimal.Parse(part.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * Ticks(part.Groups[2].Value);
        if (text.StartsWith('-'))
            ticks = -ticks;
        return ticks is >= long.MinValue and <= long.MaxValue ? TimeSpan.FromTicks((long)ticks) : null;
    }

    public static string Format(TimeSpan value) => value == TimeSpan.Zero ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{(decimal)value.Ticks / TimeSpan.TicksPerSecond:0.#######}s");

    private static decimal Ticks(string unit) => unit switch
    {
        "ns" => 0.01m,
        "us" or "µs" => TimeSpan.TicksPerMicrosecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        _ => TimeSpan.TicksPerHour,
    };

    [GeneratedRegex(@"^[-+]?(0|(([0-9]{1,15}(\.[0-9]{0,12})?)(ns|us|µs|ms|s|m|h))+)\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h)")]
    private static partial Regex Part();
}
