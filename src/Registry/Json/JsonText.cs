using System.Text;
using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Json;

/// <summary>
/// Reads JSON that somebody sent. What can't be read is a problem with line (from 1) and byte (from 0), as the routes that bind their bodies answer it, and never holds the text itself.
/// </summary>
internal static class JsonText
{
    /// <param name="what">Names the document in errors, such as "The body".</param>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string what)
    {
        utf8 = utf8.Span.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        CheckText(utf8.Span, what);
        try
        {
            return JsonDocument.Parse(utf8);
        }
        catch (JsonException e)
        {
            throw Errors.MalformedJson(what, "is not valid JSON", (e.LineNumber ?? 0) + 1, e.BytePositionInLine ?? 0);
        }
    }

    // Strings are decoded late, where a fault would have no position: so they are tried here.
    private static void CheckText(ReadOnlySpan<byte> utf8, string what)
    {
        for (var i = 0; i < utf8.Length;)
        {
            if (Rune.DecodeFromUtf8(utf8[i..], out _, out var length) != System.Buffers.OperationStatus.Done)
                throw Malformed(what, "is not valid UTF-8", utf8[..i]);
            i += length;
        }

        var reader = new Utf8JsonReader(utf8);
        try
        {
            while (reader.Read())
                if (reader is { ValueIsEscaped: true, TokenType: JsonTokenType.String or JsonTokenType.PropertyName })
                    reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw Malformed(what, "has half of a surrogate pair in a string", utf8[..(int)reader.TokenStartIndex]);
        }
        catch (JsonException)
        {
            // The parser proper says it better.
        }
    }

    private static ProblemException Malformed(string what, string fault, ReadOnlySpan<byte> before) =>
        Errors.MalformedJson(what, fault, before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n') - 1);
}
