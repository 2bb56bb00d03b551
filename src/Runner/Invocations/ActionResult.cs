using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Platform.Runner.Invocations;

/// <summary>What an action answered: any JSON value, in UTF-8.</summary>
/// <param name="Inline">The same as text, for the record; null where it is too large or nested too deeply for that.</param>
internal sealed record ActionResult(ReadOnlyMemory<byte> Json, string? Inline)
{
    public const int MaxInlineBytes = 1 << 20;

    // Records with a deeper one could not be read by everybody.
    private const int MaxInlineDepth = 32;
    private const int MaxDepth = 1000;

    /// <summary>Empty bytes are null.</summary>
    /// <param name="mask">Applied to each string and name in it: what is secret stays so when a connector repeats it.</param>
    /// <exception cref="JsonException">It is not JSON in UTF-8, or deeper than 1,000.</exception>
    public static ActionResult Of(ReadOnlyMemory<byte> answer, Func<string, string> mask)
    {
        if (answer.IsEmpty)
            return new("null"u8.ToArray(), "null");
        if (!Utf8.IsValid(answer.Span))
            throw new JsonException("it is not valid UTF-8");
        var (depth, secret) = Read(answer.Span, mask);
        var json = secret ? Masked(answer.Span, mask) : answer;
        return new(json, json.Length <= MaxInlineBytes && depth <= MaxInlineDepth ? Encoding.UTF8.GetString(json.Span) : null);
    }

    private static (int Depth, bool Secret) Read(ReadOnlySpan<byte> json, Func<string, string> mask)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var (depth, secret) = (0, false);
        while (reader.Read())
        {
            depth = Math.Max(depth, reader.CurrentDepth + 1);
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                secret |= Text(ref reader) is var text && mask(text) != text;
        }

        return (depth, secret);
    }

    private static ReadOnlyMemory<byte> Masked(ReadOnlySpan<byte> json, Func<string, string> mask)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    writer.WriteStartObject();
                    break;
                case JsonTokenType.EndObject:
                    writer.WriteEndObject();
                    break;
                case JsonTokenType.StartArray:
                    writer.WriteStartArray();
                    break;
                case JsonTokenType.EndArray:
                    writer.WriteEndArray();
                    break;
                case JsonTokenType.PropertyName:
                    writer.WritePropertyName(mask(Text(ref reader)));
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(mask(Text(ref reader)));
                    break;
                default:
                    writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                    break;
            }
        }

        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("it has half of a surrogate pair, which is no text");
        }
    }
}
