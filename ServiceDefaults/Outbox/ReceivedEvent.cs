using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RabbitMQ.Client.Events;

namespace Platform.ServiceDefaults;

/// <summary>An event of whatever type as it came from the exchange <c>platform.events</c>.</summary>
/// <param name="Id">Of CloudEvents: the same event delivered twice has the same id. 1 to 255 characters, as type and source.</param>
/// <param name="Data">The body: a JSON object on one line, otherwise as it was published.</param>
/// <param name="Connection">The member <c>connection</c> of the body: the name of the connection that it is about; null: about none.</param>
public sealed record ReceivedEvent(string Id, string Type, string Source, DateTimeOffset Time, string Data, string? Connection)
{
    private const int MaxLength = 255;
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="FormatException">It is not as docs/events.md says.</exception>
    internal static ReceivedEvent Read(BasicDeliverEventArgs message)
    {
        var (data, connection) = ReadBody(message.Body);
        var time = Attribute(message, "time");
        return new(
            Attribute(message, "id"), Attribute(message, "type"), Attribute(message, "source"),
            DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
                ? at : throw new FormatException("The header cloudEvents_time is no time."),
            data, connection);
    }

    private static (string Data, string? Connection) ReadBody(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new FormatException("The body is no JSON object.");
            var buffer = new ArrayBufferWriter<byte>(body.Length);
            using (var writer = new Utf8JsonWriter(buffer, OneLine)) document.RootElement.WriteTo(writer);
            var connection = document.RootElement.TryGetProperty("connection", out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
            // PostgreSQL has no text with a NUL, and no connection has such a name.
            return (Encoding.UTF8.GetString(buffer.WrittenSpan), connection?.Contains('\0') == true ? null : connection);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("The body is no JSON object in UTF-8.", e);
        }
    }

    private static string Attribute(BasicDeliverEventArgs message, string name) =>
        message.BasicProperties.Headers is { } headers && headers.TryGetValue($"cloudEvents_{name}", out var value) && value is byte[] { Length: > 0 and <= MaxLength } bytes
            && Encoding.UTF8.GetString(bytes) is var text && !text.Any(char.IsControl)
            ? text
            : throw new FormatException($"The header cloudEvents_{name} is missing, too long, or has control characters.");
}
