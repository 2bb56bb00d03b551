using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// The types of google.protobuf that have a JSON form of their own: that of their only field, of the one that is set, or a text. Texts are left to Google's
/// library, and their messages stay bytes.
/// </summary>
internal static class WellKnown
{
    public const string Any = "google.protobuf.Any", Struct = "google.protobuf.Struct", NullValue = "google.protobuf.NullValue";
    private const string Value = "google.protobuf.Value";

    private static readonly HashSet<string> OfOneField = [Struct, "google.protobuf.ListValue", .. WrappersReflection.Descriptor.MessageTypes.Select(t => t.FullName)];

    private static readonly Dictionary<string, (MessageDescriptor Type, string Example)> Texts = new()
    {
        ["google.protobuf.Timestamp"] = (Timestamp.Descriptor, "a time such as 2026-01-31T12:00:00.5Z"),
        ["google.protobuf.Duration"] = (Duration.Descriptor, "seconds such as 1.5s"),
        ["google.protobuf.FieldMask"] = (FieldMask.Descriptor, "names of fields in lowerCamelCase, separated by commas"),
    };

    public static bool HasOwnJson(MessageDescriptor type) => IsText(type) || OfOneField.Contains(type.FullName) || type.FullName is Value or Any;

    /// <summary>Its value is bytes.</summary>
    public static bool IsText(MessageDescriptor type) => Texts.ContainsKey(type.FullName);

    /// <summary>Of everything else null means that it is not given.</summary>
    public static bool TakesNull(FieldDescriptor field) =>
        field.FieldType == FieldType.Enum ? field.EnumType.FullName == NullValue : field.FieldType == FieldType.Message && field.MessageType.FullName == Value;

    /// <returns>A message or bytes; null, and there is a violation.</returns>
    public static object? Read(JsonToMessage reader, RpcTypes types, MessageDescriptor type, JsonElement json, string path)
    {
        var message = new WireMessage(type);
        if (Texts.TryGetValue(type.FullName, out var text))
        {
            // It would take null, numbers and other things as well.
            try { return json.ValueKind == JsonValueKind.String ? JsonParser.Default.Parse(json.GetRawText(), text.Type).ToByteString() : reader.Wrong(path, text.Example); }
            catch (Exception e) when (e is IOException or FormatException or ArgumentException or InvalidOperationException) { return reader.Wrong(path, text.Example); }
        }

        if (type.FullName == Any)
            return ReadAny(reader, types, message, json, path);
        var number = type.FullName != Value ? 1
            : json.ValueKind switch { JsonValueKind.Null => 1, JsonValueKind.Number => 2, JsonValueKind.String => 3, JsonValueKind.Object => 5, JsonValueKind.Array => 6, _ => 4 };
        reader.Field(message, type.FindFieldByNumber(number), json, path);
        return message;
    }

    /// <param name="message">As <see cref="Read"/> gives it.</param>
    public static void Write(MessageToJson writer, RpcTypes types, MessageDescriptor type, object message, int depth)
    {
        if (message is ByteString bytes)
        {
            try { writer.Json.WriteRawValue(JsonFormatter.Default.Format(Texts[type.FullName].Type.Parser.ParseFrom(bytes))); }
            catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException) { throw RpcFaults.BadMessage(type.FullName, e.Message); }
        }
        else if (type.FullName == Any)
        {
            WriteAny(writer, types, (WireMessage)message, depth);
        }
        else
        {
            var given = (WireMessage)message;
            if (type.FullName != Value)
                writer.Field(type.FindFieldByNumber(1), given[1], depth);
            else if (type.Fields.InFieldNumberOrder().FirstOrDefault(f => given[f.FieldNumber] is not null) is { } kind)
                writer.Field(kind, given[kind.FieldNumber], depth);
            else
                writer.Json.WriteNullValue();
        }
    }

    private static WireMessage? ReadAny(JsonToMessage reader, RpcTypes types, WireMessage message, JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.Object && !json.EnumerateObject().Any())
            return message;
        var at = JsonToMessage.At(path, "@type");
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("@type", out var url) || url.ValueKind != JsonValueKind.String)
            return (WireMessage?)reader.Wrong(at, "the message's type, such as type.googleapis.com/package.Message");
        if (types.Find(url.GetString()!) is not { } type)
            return (WireMessage?)reader.Wrong(at, "a type that the service's .proto files have");
        var inner = HasOwnJson(type) ? reader.Wrapped(type, json, path) : reader.Members(new WireMessage(type), json, path, "@type");
        return inner is null ? null : message.With(1, url.GetString()!).With(2, Wire.Bytes(inner));
    }

    private static void WriteAny(MessageToJson writer, RpcTypes types, WireMessage message, int depth)
    {
        var (url, bytes) = ((string?)message[1] ?? "", (ByteString?)message[2] ?? ByteString.Empty);
        writer.Json.WriteStartObject();
        if (url.Length > 0 || !bytes.IsEmpty)
            writer.Json.WriteString("@type", url);
        if (types.Find(url) is not { } type)
        {
            // Not in the mapping, and more than nothing.
            if (!bytes.IsEmpty)
                writer.Json.WriteBase64String("value", bytes.Span);
        }
        else if (HasOwnJson(type))
        {
            writer.Json.WritePropertyName("value");
            writer.Message(type, writer.Reader.Read(type, bytes, depth + 1), depth + 1);
        }
        else
        {
            writer.Members((WireMessage)writer.Reader.Read(type, bytes, depth + 1), depth + 1);
        }

        writer.Json.WriteEndObject();
    }
}
