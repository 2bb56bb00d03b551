using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Platform.Connectors.GoPlugin;

/// <summary>Writes log entries as go-plugin hosts read them: one JSON object a line on stderr, in hclog's field names.</summary>
internal sealed class HcLogProvider(TextWriter output) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new HcLogger(categoryName, output);

    public void Dispose()
    {
    }

    private sealed class HcLogger(string category, TextWriter output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(line))
            {
                json.WriteStartObject();
                json.WriteString("@level", Level(logLevel));
                json.WriteString("@message", formatter(state, exception));
                json.WriteString("@module", category);
                json.WriteString("@timestamp", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"));
                if (exception is not null)
                    json.WriteString("error", exception.ToString());
                json.WriteEndObject();
            }

            lock (output)
                output.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
        }

        private static string Level(LogLevel level) => level switch
        {
            LogLevel.Trace => "trace",
            LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            _ => "error",
        };
    }
}
