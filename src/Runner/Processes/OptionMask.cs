using System.Text.Encodings.Web;
using System.Text.Json;

namespace Platform.Runner.Processes;

/// <summary>
/// Replaces a connection's options in text that others see: the whole string, and each JSON string value in it, where
/// they have six or more characters.
/// </summary>
internal sealed class OptionMask
{
    public const string Replacement = "***";
    private const int MinLength = 6;
    private readonly string[] secrets;

    public OptionMask(string options)
    {
        HashSet<string> found = [];
        Add(options);
        Add(options.Trim());
        try
        {
            using var document = JsonDocument.Parse(options);
            Collect(document.RootElement);
        }
        catch (JsonException)
        {
            // Not JSON: the string as a whole is all there is to hide.
        }

        // Longest first, so that a value within another doesn't leave the rest of the longer one behind.
        secrets = [.. found.OrderByDescending(s => s.Length)];

        void Collect(JsonElement element)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var property in element.EnumerateObject())
                        Collect(property.Value);
                    break;
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                        Collect(item);
                    break;
                case JsonValueKind.String:
                    Add(element.GetString()!);
                    break;
            }
        }

        void Add(string value)
        {
            if (value.Length < MinLength)
                return;
            found.Add(value);
            // As a connector's JSON log would write it.
            found.Add(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value));
            found.Add(JavaScriptEncoder.Default.Encode(value));
        }
    }

    public string Apply(string text)
    {
        foreach (var secret in secrets)
            text = text.Replace(secret, Replacement, StringComparison.Ordinal);
        return text;
    }

    public RunFault Apply(RunFault fault) =>
        fault with { Message = Apply(fault.Message), Detail = fault.Detail is null ? null : Apply(fault.Detail) };
}
