using System.Text.Json;

namespace Platform.Connectors;

/// <summary>What a user gave, options or arguments, as the connector's record.</summary>
internal static class ConnectorOptions
{
    /// <exception cref="FormatException">The string is not JSON of that shape; the text names the member, never a value.</exception>
    public static TOptions Parse<TOptions>(string text) => text is TOptions raw ? raw : (TOptions)Parse(text, typeof(TOptions), "options");

    /// <inheritdoc cref="Parse{TOptions}(string)"/>
    public static object Parse(string text, Type type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(text.Length == 0 ? "{}" : text, type, ConnectorJson.Strict)
                ?? throw new FormatException($"The {what} are null; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The {what} don't fit {type.Name}: {Reason(e)}");
        }
    }

    // A member that doesn't fit is told by type and name. A syntax error arrives as the reader's own exception inside, and
    // its text quotes a character of the input, which can be part of a secret: only its position is told.
    private static string Reason(JsonException e) => e.InnerException is JsonException
        ? $"not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."
        : e.Message.Split(" Path:", 2)[0];
}
