using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Platform.ServiceDefaults;

/// <summary>A part of a list.</summary>
/// <param name="Next">Cursor of the following page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>An opaque cursor made of the key of a page's last row. It is no secret and not signed: every part is treated as input.</summary>
public static class Cursor
{
    public static string Encode(params string[] parts) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(parts));

    /// <summary>The parts; null when there is no cursor, that is, for the first page.</summary>
    /// <exception cref="ProblemException">400 <c>bad_cursor</c>.</exception>
    public static string[]? Decode(string? cursor, int parts)
    {
        if (string.IsNullOrEmpty(cursor))
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(cursor);
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(bytes);
            if (JsonSerializer.Deserialize<string?[]>(bytes) is { } values && values.Length == parts && values.All(v => v is not null && !v.Contains('\0')))
                return values!;
        }
        catch (Exception e) when (e is FormatException or JsonException or DecoderFallbackException)
        {
            // Falls through to the one answer for every kind of bad cursor.
        }
        throw Bad();
    }

    /// <summary>400 <c>bad_cursor</c>.</summary>
    public static ProblemException Bad() => new(new Problem(
        "bad_cursor", 400, "The cursor is not valid", "The query parameter cursor is not one that this list handed out.",
        "Pass the member next of the previous page unchanged, or leave cursor out to begin anew."));
}

/// <summary>The query parameter limit of lists.</summary>
public static class Limit
{
    /// <exception cref="ProblemException">400 <c>bad_limit</c>, when outside 1 to <paramref name="max"/>.</exception>
    public static int Parse(int? limit, int @default = 100, int max = 1000) => limit switch
    {
        null => @default,
        >= 1 when limit <= max => limit.Value,
        _ => throw new ProblemException(new Problem(
            "bad_limit", 400, "The limit is out of range", $"limit is {limit}.", $"Use a limit from 1 to {max}.")),
    };
}
