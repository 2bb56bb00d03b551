using System.Text;
using System.Text.Json;

namespace Platform.Ndc;

/// <summary>What a connector says when it does not do what it was asked for.</summary>
internal static class NdcErrorAnswer
{
    private const int MaxBytes = 64 << 10;
    private const int ExcerptBytes = 2048;
    private const int ShownCharacters = 1000;

    /// <summary>Half of what it says is better than nothing: what can't be read whole, or not in time, is shown as far as it came.</summary>
    public static async Task<NdcFault> ReadAsync(NdcAnswer answer, CancellationToken cancel)
    {
        var block = new byte[MaxBytes];
        var length = 0;
        try
        {
            while (length < block.Length && await answer.ReadAsync(block.AsMemory(length), cancel) is var count and > 0)
                length += count;
        }
        catch (NdcException)
        {
            // As said.
        }

        var bytes = block.AsSpan(0, length);
        var retry = answer.Response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - DateTimeOffset.UtcNow : null;
        var status = $"The connector answered {answer.Request} with the status {answer.Status}";
        return Parse(bytes) is { } said
            ? new(NdcFaults.Refused, $"{status}: {Shown(said.Message)}", answer.Status, said.Message, said.Details, RetryAfter: retry)
            : new(NdcFaults.Refused, $"{status}{(length == 0 ? " and says nothing" : ", and not in the form of NDC errors")}.", answer.Status, Excerpt: Excerpt(bytes), RetryAfter: retry);
    }

    public static NdcException Unreadable(ReadOnlySpan<byte> bytes, string request, JsonException cause)
    {
        var why = Why(bytes);
        return new(
            why is null
                ? new(NdcFaults.BadAnswer, $"The answer to {request} is not of the form that the specification says: {Shown(cause.Message)}", 200, Excerpt: Excerpt(bytes))
                : new(NdcFaults.NotJson, $"The answer to {request} is no JSON: {why}.", 200, Excerpt: Excerpt(bytes)),
            cause);
    }

    // Null: it is JSON.
    private static string? Why(ReadOnlySpan<byte> bytes)
    {
        var text = bytes.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
            return "it is empty";
        if (text[0] == '<')
            return "it looks like HTML";
        try
        {
            var reader = new Utf8JsonReader(bytes);
            while (reader.Read())
            {
            }

            return null;
        }
        catch (JsonException e)
        {
            return text[0] is (byte)'{' or (byte)'[' && e.BytePositionInLine is { } at && IsAtEnd(bytes, e.LineNumber ?? 0, at) ? "it ends too early" : $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}";
        }
    }

    private static bool IsAtEnd(ReadOnlySpan<byte> bytes, long line, long position)
    {
        for (; line > 0; line--)
            bytes = bytes[(bytes.IndexOf((byte)'\n') + 1)..];
        return position >= bytes.Length;
    }

    private static (string Message, JsonElement? Details)? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var said = JsonSerializer.Deserialize<JsonElement>(bytes);
            return said.ValueKind == JsonValueKind.Object && said.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
                ? (message.GetString()!, said.TryGetProperty("details", out var details) && details.ValueKind != JsonValueKind.Null ? details : null)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Excerpt(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Plain(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, ExcerptBytes)]));

    private static string Shown(string text) => Plain(text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "…");

    // Without characters that neither terminals nor databases want.
    private static string Plain(string text) => string.Concat(text.EnumerateRunes().Select(r => Rune.IsControl(r) && r.Value is not ('\n' or '\t') ? "�" : r.ToString()));
}
