using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Platform.Gateway.Events;

/// <summary>An event as it is kept, with the forms in which it goes out, each made once.</summary>
/// <param name="Seq">The id that clients see.</param>
/// <param name="Connection">The name of the connection that it is about; null: about none.</param>
internal sealed class StoredEvent(long seq, string id, string type, string source, string? connection, DateTime time, string data)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public long Seq { get; } = seq;

    public string Id { get; } = id;

    public string Type { get; } = type;

    public string? Connection { get; } = connection;

    public DateTime Time { get; } = time;

    /// <summary>JSON, as it was published.</summary>
    public string Data { get; } = data;

    /// <summary>The CloudEvent in JSON, on one line: structured mode of its HTTP binding.</summary>
    public byte[] Json { get; } = Write(id, type, source, time, data);

    /// <summary>As a server-sent event. Type and JSON have no line ends.</summary>
    public byte[] Frame => [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {Seq}\nevent: {Type}\ndata: ")), .. Json, .. "\n\n"u8];

    public static byte[] Write(string id, string type, string source, DateTime time, string data)
    {
        var buffer = new ArrayBufferWriter<byte>(data.Length + 256);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        json.WriteString("specversion", "1.0");
        json.WriteString("id", id);
        json.WriteString("type", type);
        json.WriteString("source", source);
        json.WriteString("time", time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
        json.WriteString("datacontenttype", "application/json");
        json.WritePropertyName("data");
        json.WriteRawValue(data);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
