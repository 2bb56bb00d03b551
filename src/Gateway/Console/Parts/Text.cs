using System.Globalization;

namespace Platform.Gateway.Console.Parts;

/// <summary>Numbers as people read them.</summary>
internal static class Text
{
    /// <summary>The end of an id tells more than its beginning, which is a time.</summary>
    public static string Short(Guid id) => "…" + id.ToString()[^8..];

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Bytes(long value) => value switch
    {
        < 1000 => $"{value} B",
        < 1_000_000 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " kB",
        < 1_000_000_000 => (value / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " MB",
        _ => (value / 1e9).ToString("0.0", CultureInfo.InvariantCulture) + " GB",
    };

    public static string Took(TimeSpan? time) => time switch
    {
        null => "–",
        { TotalSeconds: < 60 } brief => brief.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        { } length => length.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
    };

    /// <summary>The beginning, for a list.</summary>
    public static string Start(string text, int length) => text.Length <= length ? text : text[..length] + "…";
}
