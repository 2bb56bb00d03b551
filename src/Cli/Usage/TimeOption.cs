using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Platform.Cli.Usage;

/// <summary>A time, as it is written or back from now.</summary>
internal static partial class TimeOption
{
    public static Option<DateTimeOffset?> Of(string name, string description) => new(name) { Description = description, CustomParser = Read };

    private static DateTimeOffset? Read(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (Back().Match(text) is { Success: true } back && BackFromNow(back) is { } then) return then;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time)) return time;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} is '{text}': a time such as 2030-01-31T08:00:00Z, or back from now such as 1h or 2d.");
        return null;
    }

    private static DateTimeOffset? BackFromNow(Match back)
    {
        double seconds = 0;
        foreach (Capture part in back.Groups["part"].Captures)
            seconds += double.Parse(part.Value[..^1], CultureInfo.InvariantCulture) * part.Value[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 604800 };
        var now = DateTimeOffset.UtcNow;
        return seconds < (now - DateTimeOffset.UnixEpoch).TotalSeconds ? now.AddSeconds(-seconds) : null;
    }

    [GeneratedRegex(@"^(?<part>\d+[smhdw])+\z")]
    private static partial Regex Back();
}
