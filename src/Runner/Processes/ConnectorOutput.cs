using System.Globalization;
using System.Text;
using System.Text.Json;
using Platform.Runner.Logs;

namespace Platform.Runner.Processes;

/// <summary>
/// What a connector writes: into its run's log and the Runner's, without the connection's options, in bounded
/// amount; the last lines are kept for the error of a failed run.
/// </summary>
/// <param name="run">Null: it was started without one, to be described.</param>
/// <param name="log">Null: nobody reads it afterwards.</param>
internal sealed partial class ConnectorOutput(ILogger logger, Guid? run, string connector, OptionMask mask, SubjectLog? log = null)
{
    // Of ordinary lines, and of warnings and errors again as many: a flood of the one must not hide the other.
    private const int MaxLogged = 2000;
    private const int MaxKept = 40;
    private const int MaxKeptCharacters = 1000;
    private readonly string id = run?.ToString() ?? "describe";
    private readonly Queue<string> kept = [];
    private readonly Queue<string> printed = [];
    private int ordinary;
    private int severe;
    private LogLevel plainLevel = LogLevel.Information;

    /// <summary>The last lines of its standard error, else of what its code printed; masked, null when there were none.</summary>
    public string? LastWords
    {
        get
        {
            lock (kept)
                return (kept.Count > 0 ? kept : printed) is { Count: > 0 } words ? string.Join('\n', words) : null;
        }
    }

    /// <summary>The text without what is secret here.</summary>
    public string Masked(string text) => mask.Apply(text);

    /// <summary>Takes a line from the connector's standard error.</summary>
    public void Add(string line, bool cut) => Add(line, cut, kept, LogSource.StandardError);

    /// <summary>Takes a line that the connector's code printed: seldom why it failed, and much of it may still come when it is gone.</summary>
    public void AddPrinted(string line, bool cut) => Add(line, cut, printed, LogSource.StandardOutput);

    /// <summary>Takes a line that the connector logged by its protocol, with the level that it gave.</summary>
    public void Add(LogLevel level, string text)
    {
        lock (kept)
            Take(level, text, cut: text.Length > LineReader.MaxLineBytes, kept, LogSource.Connector);
    }

    private void Add(string line, bool cut, Queue<string> words, string source)
    {
        lock (kept)
        {
            var (level, text) = Read(line);
            Take(level, text, cut, words, source);
        }
    }

    private void Take(LogLevel level, string text, bool cut, Queue<string> words, string source)
    {
        text = mask.Apply(text);
        if (text.Length > LineReader.MaxLineBytes)
            text = text[..LineReader.MaxLineBytes];
        text += cut ? " …" : "";
        log?.Add(level, source, text);
        words.Enqueue(text.Length <= MaxKeptCharacters ? text : text[..MaxKeptCharacters] + " …");
        if (words.Count > MaxKept)
            words.Dequeue();

        var count = level >= LogLevel.Warning ? ++severe : ++ordinary;
        if (count <= MaxLogged)
            Log.Line(logger, level, connector, id, text);
        else if (count == MaxLogged + 1)
            Log.Dropped(logger, connector, id, MaxLogged, level >= LogLevel.Warning ? "warnings and errors" : "ordinary lines");
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
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or with half a surrogate pair in it, which is no text: then the line stands as it came.
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
        public static partial void Line(ILogger logger, LogLevel level, string connector, string runId, string line);

        [LoggerMessage(2, LogLevel.Warning, "{Connector} ({RunId}): more than {Limit} {Kind} of output, the rest of them is dropped")]
        public static partial void Dropped(ILogger logger, string connector, string runId, int limit, string kind);
    }
}
