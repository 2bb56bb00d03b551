using System.Text.RegularExpressions;

namespace Platform.Oms.Reading;

internal static class Patterns
{
    private const int MaxLength = 1000;

    /// <summary>What can be matched in linear time, as whoever calls an action chooses the text; else a warning, and null.</summary>
    public static string? Read(Section section)
    {
        if (section.Text("pattern") is not { } pattern) return null;
        try
        {
            if (pattern.Length > MaxLength) throw new NotSupportedException($"it is longer than {MaxLength} characters");
            _ = new Regex(pattern, RegexOptions.NonBacktracking);
            return pattern;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            var reason = e is RegexParseException parse ? $"it is malformed at character {parse.Offset}" : "it looks around or back, or is too large, and can't be matched in linear time";
            section.Warn(section["pattern"]!, "bad_pattern", "pattern", $"The pattern is not checked: {reason}.");
            return null;
        }
    }
}
