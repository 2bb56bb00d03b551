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
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
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

    // A member that doesn't fit is told by type and name. A syntax error arrives as the reader's own exception inside, and
    // its text quotes a character of the input, which can be part of a secret: only its position is told.
    private static string Reason(JsonException e) => e.InnerException is JsonException
        ? $"not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."
        : e.Message.Split(" Path:", 2)[0];
}
