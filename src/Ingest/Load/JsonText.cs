using System.Text.Json;

namespace Platform.Ingest.Load;

/// <summary>
/// Tells whether PostgreSQL can read a text as jsonb. A cast that fails ends the query that it stands in, so a yes has to be right;
/// a no only means that the text is not searched as JSON, and some texts that would pass are left out.
/// </summary>
internal static class JsonText
{
    /// <summary>Longer texts are not searched as JSON, and not read here.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Far from where the server's stack ends.</summary>
    private const int MaxDepth = 256;

    /// <summary>Digits, and size of the exponent: numeric takes more, but by rules that hang on both together.</summary>
    private const int MaxNumber = 1000;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };

    /// <param name="text">Valid UTF-8 without U+0000, as everything that is stored.</param>
    public static bool IsReadable(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxBytes || !CanBe(text))
            return false;
        var reader = new Utf8JsonReader(text, Strict);
        try
        {
            while (reader.Read())
            {
                var readable = reader.TokenType switch
                {
                    JsonTokenType.Number => IsInRange(reader.ValueSpan),
                    JsonTokenType.String or JsonTokenType.PropertyName => !reader.ValueIsEscaped || CanBeUnescaped(reader.ValueSpan),
                    _ => true,
                };
                if (!readable)
                    return false;
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The reader says no by an exception, which costs more than the reading: most texts that were never meant as JSON show it at
    // their ends.
    private static bool CanBe(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t\r\n"u8);
        if (text.IsEmpty)
            return false;
        var last = text[^1];
        return text[0] switch
        {
            (byte)'{' => last == '}',
            (byte)'[' => last == ']',
            (byte)'"' => text.Length > 1 && last == '"',
            (byte)'t' => text.SequenceEqual("true"u8),
            (byte)'f' => text.SequenceEqual("false"u8),
            (byte)'n' => text.SequenceEqual("null"u8),
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => !text.ContainsAnyExcept("0123456789+-.eE"u8),
            _ => false,
        };
    }

    private static bool IsInRange(ReadOnlySpan<byte> number)
    {
        if (number.Length > MaxNumber)
            return false;
        var mark = number.IndexOfAny((byte)'e', (byte)'E');
        if (mark < 0)
            return true;
        // Of any length the exponent may be, with zeros in front.
        var size = 0;
        foreach (var digit in number[(mark + 1)..].TrimStart("+-"u8))
            if ((size = 10 * size + digit - '0') > MaxNumber)
                return false;
        return true;
    }

    // jsonb keeps what an escape stands for, and can't keep U+0000 or half of a surrogate pair.
    private static bool CanBeUnescaped(ReadOnlySpan<byte> text)
    {
        for (var at = text.IndexOf((byte)'\\'); at >= 0; at = Next(text, at))
        {
            if (text[at + 1] != 'u')
            {
                at += 2;
                continue;
            }

            var unit = Unit(text[(at + 2)..]);
            at += 6;
            if (unit == 0 || char.IsLowSurrogate(unit))
                return false;
            if (!char.IsHighSurrogate(unit))
                continue;
            if (!text[at..].StartsWith("\\u"u8) || !char.IsLowSurrogate(Unit(text[(at + 2)..])))
                return false;
            at += 6;
        }

        return true;
    }

    private static int Next(ReadOnlySpan<byte> text, int from) => text[from..].IndexOf((byte)'\\') is var next and >= 0 ? from + next : -1;

    // The reader has seen that there are four hexadecimal digits.
    private static char Unit(ReadOnlySpan<byte> digits)
    {
        var unit = 0;
        foreach (var digit in digits[..4])
            unit = unit << 4 | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        return (char)unit;
    }
}
