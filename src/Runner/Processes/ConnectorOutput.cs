using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Platform.Runner.Processes;

/// <summary>
/// What a connector writes: into the Runner's log with the run's id and without the connection's options, in bounded
/// amount; the last lines are kept for the error of a failed run.
/// </summary>
internal sealed partial class ConnectorOutput(ILogger logger, Guid run, string connector, OptionMask mask)
{
    private const int MaxLogged = 2000;
    private const int MaxKept = 40;
    private const int MaxKeptCharacters = 1000;
    private readonly Queue<string> kept = [];
    private int written;
    private LogLevel plainLevel = LogLevel.Debug;

    /// <summary>The last lines, masked; null when there were none.</summary>
    public string? LastWords
    {
        get
        {
            lock (kept)
                return kept.Count == 0 ? null : string.Join('\n', kept);
        }
    }

    /// <summary>Takes a line from any of the connector's streams.</summary>
    public void Add(string line, bool cut)
    {
        lock (kept)
        {
            var (level, text) = Read(line);
            text = mask.Apply(text) + (cut ? " …" : "");
            kept.Enqueue(text.Length <= MaxKeptCharacters ? text : text[..MaxKeptCharacters] + " …");
            if (kept.Count > MaxKept)
                kept.Dequeue();

            if (++written <= MaxLogged)
                Log.Line(logger, level, connector, run, text);
            else if (written == MaxLogged + 1)
                Log.Dropped(logger, connector, run, MaxLogged);
        }
    }

    // hclog's JSON where it is that, else the text with the level of its prefix. A panic's stack trace is all errors.
    private (LogLevel Level, string Text) Read(string line)
    {
        if (line.StartsWith('{') && TryReadJson(line) is { } entry)
            return entry;
        if (line.StartsWith("panic: ", StringComparison.Ordinal) || line.StartsWith("fatal error: ", StringComparison.Ordinal))
            plainLevel = LogLevel.Error;
        return line.IndexOf(']') is > 0 and < 8 and var end && line[0] == '[' && Level(line[1..end]) is { } level
            ? (level, line[(end + 1)..].TrimStart())
            : (plainLevel, line);
    }

    private static (LogLevel, string)? TryReadJson(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (!root.TryGetProperty("@level", out var named) || named.ValueKind != JsonValueKind.String || Level(named.GetString()!) is not { } level
                || !root.TryGetProperty("@message", out var message) || message.ValueKind != JsonValueKind.String)
                return null;
            var text = new StringBuilder(message.GetString());
            foreach (var field in root.EnumerateObject().Where(f => !f.Name.StartsWith('@')))
                text.Append(CultureInfo.InvariantCulture, $" {field.Name}={field.Value}");
            return (level, text.ToString());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static LogLevel? Level(string name) => name.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "INFO" => LogLevel.Information,
        "WARN" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => null,
    };

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Message = "{Connector} ({RunId}): {Line}")]
        public static partial void Line(ILogger logger, LogLevel level, string connector, Guid runId, string line);

        [LoggerMessage(2, LogLevel.Warning, "{Connector} ({RunId}): more than {Limit} lines of output, the rest is dropped")]
        public static partial void Dropped(ILogger logger, string connector, Guid runId, int limit);
    }
}
