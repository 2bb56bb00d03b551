using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>Arguments where there is only text: strings as they are, everything else as JSON.</summary>
internal static class ArgumentText
{
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What was given of those that go there, in the order of their declaration.</summary>
    public static IEnumerable<(OmsArgument Argument, JsonNode Value)> Given(OmsAction action, JsonObject arguments, OmsIn place)
    {
        foreach (var argument in action.Arguments.Where(a => (a.In ?? OmsIn.RequestBody) == place))
            if (arguments[argument.Name] is { } value)
                yield return (argument, value);
    }

    /// <summary>A list is several.</summary>
    public static IEnumerable<string> Several(JsonNode value) => value is JsonArray list ? list.Select(One) : [One(value)];

    public static string One(JsonNode? value) =>
        value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(Plain);

    /// <summary>Of an argument whose type is file; null, and a violation, when it is no base64.</summary>
    public static byte[]? Bytes(OmsArgument argument, JsonNode value, List<FieldViolation> violations)
    {
        try
        {
            return Convert.FromBase64String(One(value));
        }
        catch (FormatException)
        {
            violations.Add(new(argument.Name, "The field must be the bytes of a file in base64."));
            return null;
        }
    }
}
