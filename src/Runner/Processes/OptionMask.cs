using System.Text.Encodings.Web;
using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Runner.Processes;

/// <summary>
/// Replaces secrets in text that others see: the values that a specification marks; without one a connection's whole options, and each JSON
/// string value in them, where they have six or more characters.
/// </summary>
internal sealed class OptionMask
{
    public const string Replacement = "***";
    private const int MinLength = 6;
    // Of values that are known to be secret. Shorter ones are parts of words.
    private const int MinSecretLength = 3;
    private readonly string[] secrets;

    public OptionMask(string options)
        : this(All(options), MinLength)
    {
    }

    private OptionMask(IEnumerable<string> values, int minLength)
    {
        HashSet<string> found = [];
        foreach (var value in values.Where(v => v.Length >= minLength))
        {
            found.Add(value);
            // As a connector's JSON log would write it.
            found.Add(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value));
            found.Add(JavaScriptEncoder.Default.Encode(value));
        }

        // Longest first, so that a value within another doesn't leave the rest of the longer one behind.
        secrets = [.. found.OrderByDescending(s => s.Length)];
    }

    /// <param name="specification">Null: nothing is known of the options, all of them may be secret.</param>
    /// <param name="further">Other secrets, such as arguments of an action.</param>
    public static OptionMask Of(ConnectorSpecification? specification, string options, IEnumerable<string>? further = null) => specification is null
        ? new OptionMask(options)
        : new OptionMask([.. ParameterRules.SecretValues(specification.Parameters, options), .. further ?? []], MinSecretLength);

    private static List<string> All(string options)
    {
        List<string> found = [];
        found.Add(options);
        found.Add(options.Trim());
        try
        {
            using var document = JsonDocument.Parse(options);
            Collect(document.RootElement);
        }
        catch (JsonException)
        {
            // Not JSON: the string as a whole is all there is to hide.
        }

        return found;

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
                    found.Add(element.GetString()!);
                    break;
            }
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
