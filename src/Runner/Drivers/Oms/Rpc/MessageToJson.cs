using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// Writes a message by the JSON mapping of Protocol Buffers: names in lowerCamelCase, 64-bit integers as text, bytes in base64. Fields that can't tell absence
/// from 0, "" or false are written in any case, which the mapping leaves open: who reads a count wants to see 0.
/// </summary>
internal sealed class MessageToJson(RpcTypes types, WireReader reader, Utf8JsonWriter json)
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Utf8JsonWriter Json => json;

    public WireReader Reader => reader;

    /// <param name="message">As <see cref="WireReader.Read"/> gives it.</param>
    public void Message(MessageDescriptor type, object message, int depth = 0)
    {
        if (WellKnown.HasOwnJson(type))
        {
            WellKnown.Write(this, types, type, message, depth);
            return;
        }

        json.WriteStartObject();
        Members((WireMessage)message, depth);
        json.WriteEndObject();
    }

    public void Members(WireMessage message, int depth)
    {
        foreach (var field in message.Type.Fields.InFieldNumberOrder())
        {
            var value = message[field.FieldNumber];
            if (value is null && !field.IsRepeated && field.HasPresence)
                continue;
            json.WritePropertyName(field.JsonName);
            Field(field, value, depth);
        }

        // A large answer is known to be so before all of it is written.
        if (json.BytesCommitted + json.BytesPending > reader.MaxResultBytes)
            throw Faults.ResultTooLarge(reader.MaxResultBytes);
    }

    /// <param name="value">Null: it is absent, and shown as what that stands for.</param>
    public void Field(FieldDescriptor field, object? value, int depth)
    {
        if (field.IsMap)
        {
            Map(field, (List<object>?)value ?? [], depth);
        }
        else if (field.IsRepeated)
        {
            json.WriteStartArray();
            ((List<object>?)value)?.ForEach(item => Value(field, item, depth));
            json.WriteEndArray();
        }
        else
        {
            Value(field, value ?? Wire.Default(field), depth);
        }
    }

    private void Value(FieldDescriptor field, object value, int depth)
    {
        switch (value)
        {
            case var _ when field.FieldType is FieldType.Message or FieldType.Group: Message(field.MessageType, value, depth + 1); break;
            case string text: json.WriteStringValue(text); break;
            case ByteString bytes: json.WriteBase64StringValue(bytes.Span); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int when field.FieldType == FieldType.Enum && field.EnumType.FullName == WellKnown.NullValue: json.WriteNullValue(); break;
            case int number when field.FieldType == FieldType.Enum && field.EnumType.FindValueByNumber(number) is { } known: json.WriteStringValue(known.Name); break;
            case int number: json.WriteNumberValue(number); break;
            case uint number: json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            // 64 bits, and NaN, Infinity and -Infinity.
            default: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private void Map(FieldDescriptor field, List<object> entries, int depth)
    {
        var (keyField, valueField) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
        // The last one of a key counts.
        Dictionary<string, object> values = [];
        foreach (var entry in entries.Cast<WireMessage>())
        {
            var key = entry[1] ?? Wire.Default(keyField);
            values[key is bool flag ? flag ? "true" : "false" : Convert.ToString(key, CultureInfo.InvariantCulture)!] = entry[2] ?? Wire.Default(valueField);
        }

        json.WriteStartObject();
        foreach (var (name, value) in values)
        {
            json.WritePropertyName(name);
            Value(valueField, value, depth);
        }

        json.WriteEndObject();
    }
}
