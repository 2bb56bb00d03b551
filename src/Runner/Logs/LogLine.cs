namespace Platform.Runner.Logs;

/// <summary>A line of a run's log as it is stored: secrets masked.</summary>
/// <param name="Level">One of <see cref="LogLevels"/>.</param>
/// <param name="Source">One of <see cref="LogSource"/>.</param>
internal sealed record LogLine(DateTimeOffset At, string Level, string Source, string Text);

/// <summary>Where a line came from.</summary>
internal static class LogSource
{
    public const string StandardError = "stderr";
    public const string StandardOutput = "stdout";

    /// <summary>The platform's own words about the run.</summary>
    public const string Platform = "platform";

    /// <summary>A log message of the connector's protocol.</summary>
    public const string Connector = "connector";
}

/// <summary>Levels by name, the least first.</summary>
internal static class LogLevels
{
    public static readonly string[] All = ["trace", "debug", "info", "warn", "error"];

    public static string Name(LogLevel level) => All[Math.Min((int)level, All.Length - 1)];

    /// <summary>This level and those above it; null when there is no such level.</summary>
    public static string[]? From(string level) => Array.IndexOf(All, level) is >= 0 and var first ? All[first..] : null;
}
