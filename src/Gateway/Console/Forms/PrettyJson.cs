using System.Text.Encodings.Web;
using System.Text.Json;

namespace Platform.Gateway.Console.Forms;

/// <summary>JSON for people: indented, with letters as they are. Pages encode it as any other text.</summary>
internal static class PrettyJson
{
    public static JsonSerializerOptions Options { get; } = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(JsonElement value) => JsonSerializer.Serialize(value, Options);

    /// <summary>Text that is no JSON stays as it is.</summary>
    public static string Of(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return Of(json.RootElement);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
