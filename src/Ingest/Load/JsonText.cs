using System.Buffers.Text;
using System.Text.Json;

namespace Platform.Ingest.Load;

/// <summary>Tells whether metadata can be searched as JSON: whether PostgreSQL's cast of it to jsonb can't fail.</summary>
internal static class JsonText
{
    /// <summary>Longer texts are stored as every other, but not searched: a search would take seconds for each.</summary>
    public const int MaxBytes = 1 << 20;

    private const int MaxDepth = 256;

    // jsonb keeps numbers as numeric, which ends at 131,072 digits before the point and 16,383 behind it.
    private const int MaxNumberLength = 1000;
    private const int MaxExponent = 1000;

    /// <param name="text">Valid UTF-8 without U+0000.</param>
    public static bool IsReadable(ReadOnlySpan<byte> text)
    {
        if (text.Length is 0 or > MaxBytes)
            return false;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.Number ? !IsNumeric(reader.ValueSpan)
                    : reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && !IsText(reader))
                    return false;
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsNumeric(ReadOnlySpan<byte> number)
    {
        var exponent = number.IndexOfAny((byte)'e', (byte)'E');
        if (number.Length > MaxNumberLength)
            return false;
        if (exponent < 0)
            return true;
        var digits = number[(exponent + 1)..];
        if (digits[0] == '+')
            digits = digits[1..];
        return Utf8Parser.TryParse(digits, out int value, out var used) && used == digits.Length && value is >= -MaxExponent and <= MaxExponent;
    }

    // jsonb has no U+0000 and takes no half of a surrogate pair; the reader refuses the latter when it makes a string of it.
    private static bool IsText(in Utf8JsonReader reader)
    {
        try
        {
            return !reader.GetString()!.Contains('\0');
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
