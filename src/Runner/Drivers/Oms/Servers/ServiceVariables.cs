using System.Text.Json;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>The environment of a service: what its description declares, with the connection's options or the defaults, upper case and as declared.</summary>
internal static class ServiceVariables
{
    /// <param name="options">A validated JSON object. What the description does not declare is left out.</param>
    public static IReadOnlyDictionary<string, string> Of(OmsService service, string options)
    {
        using var document = JsonDocument.Parse(options.Length == 0 ? "{}" : options);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var declared in service.Environment)
        {
            // An environment holds no such character.
            if ((Given(document.RootElement, declared.Name) ?? declared.Default)?.Replace("\0", "", StringComparison.Ordinal) is not { } value)
                continue;
            variables[declared.Name.ToUpperInvariant()] = value;
            variables[declared.Name] = value;
        }

        return variables;
    }

    private static string? Given(JsonElement options, string name)
    {
        var member = options.TryGetProperty(name, out var exact) ? exact
            : options.EnumerateObject().FirstOrDefault(o => string.Equals(o.Name, name, StringComparison.OrdinalIgnoreCase)).Value;
        return member.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.String => member.GetString(),
            _ => member.GetRawText(),
        };
    }
}
