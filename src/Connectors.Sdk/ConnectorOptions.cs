using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Connectors;

/// <summary>The user's option string as the connector's record.</summary>
internal static class ConnectorOptions
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <exception cref="FormatException">The string is not JSON of that shape; the text names the member, never a value.</exception>
    public static TOptions Parse<TOptions>(string text)
    {
        if (text is TOptions raw)
            return raw;
        try
        {
            return JsonSerializer.Deserialize<TOptions>(text.Length == 0 ? "{}" : text, Json)
                ?? throw new FormatException("The options are null; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The options don't fit {typeof(TOptions).Name}: {Reason(e)}");
        }
    }

    // System.Text.Json names types and paths in these messages; a syntax error's own text may quote a character of the
    // input, which can be part of a secret, so only its position is told.
    private static string Reason(JsonException e) =>
        e.InnerException is null && e.LineNumber is { } line && e.Path is null or "$" && e.Message.Contains("invalid", StringComparison.Ordinal)
            ? $"not valid JSON at line {line + 1}, byte {e.BytePositionInLine + 1}."
            : e.Message.Split(" Path:", 2)[0];
}
