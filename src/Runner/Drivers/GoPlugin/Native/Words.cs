namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>Text of a connector, bounded.</summary>
internal static class Words
{
    private const int MaxLine = 1000;
    private const int MaxText = 16 * 1024;

    /// <summary>One line of at most 1,000 characters.</summary>
    public static string Line(string text) => Bounded(text, MaxLine).ReplaceLineEndings(" ").Trim();

    /// <summary>At most 16 Ki characters.</summary>
    public static string Text(string text) => Bounded(text, MaxText);

    /// <summary>Of 0 to 1; null where it is not known.</summary>
    public static double? Fraction(Connector.V1.Progress progress) => progress.HasFraction && progress.Fraction is >= 0 and <= 1 and var known ? known : null;

    /// <summary>Info where it is none of the contract's.</summary>
    public static LogLevel Level(string name) => name.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "WARN" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    private static string Bounded(string text, int limit) => text.Length <= limit ? text : text[..limit] + "…";
}
