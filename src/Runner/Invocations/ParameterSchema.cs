using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>
/// Parameters as a JSON Schema (draft 2020-12), for whoever builds a form or a request from it. It says what a well-formed value looks like;
/// values given as text (<c>"42"</c> for an integer) are read as well, and what is checked in the end is <see cref="ParameterRules"/>.
/// </summary>
internal static class ParameterSchema
{
    private const string Draft = "https://json-schema.org/draft/2020-12/schema";
    private const string Duration = @"^[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$";

    public static JsonObject OfArguments(IReadOnlyList<Parameter> parameters)
    {
        var schema = Of(parameters, closed: true);
        schema.Insert(0, "$schema", Draft);
        return schema;
    }

    /// <summary>Unlike what is given, an answer may hold more than its parameters name.</summary>
    /// <param name="result">Null: not said, so anything.</param>
    public static JsonObject? OfResult(Parameter? result)
    {
        if (result is null)
            return null;
        var schema = Of(result, closed: false);
        schema.Insert(0, "$schema", Draft);
        return schema;
    }

    private static JsonObject Of(IReadOnlyList<Parameter> parameters, bool closed)
    {
        JsonObject properties = [];
        JsonObject patterns = [];
        JsonArray required = [];
        foreach (var parameter in parameters)
        {
            if (parameter.Name.Split('.').Contains("*"))
            {
                patterns[Pattern(parameter.Name)] = Of(parameter, closed);
                continue;
            }

            properties[parameter.Name] = Of(parameter, closed);
            // With a default there is always a value.
            if (parameter.IsRequired && !HasDefault(parameter))
                required.Add(parameter.Name);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (patterns.Count > 0)
            schema["patternProperties"] = patterns;
        if (required.Count > 0)
            schema["required"] = required;
        if (closed)
            schema["additionalProperties"] = false;
        return schema;
    }

    private static JsonObject Of(Parameter parameter, bool closed)
    {
        var schema = Shape(parameter, closed);
        if (parameter.Description.Length > 0)
            schema["description"] = parameter.Description;
        if (HasDefault(parameter) && Value(parameter.Type, parameter.Default!) is { } value)
            schema["default"] = value;
        foreach (var validation in parameter.Validations ?? [])
            Add(schema, parameter, validation);
        if (parameter.Secret)
            schema["writeOnly"] = true;
        return schema;
    }

    private static JsonObject Shape(Parameter parameter, bool closed) => parameter.Type switch
    {
        ParameterTypes.Int => new() { ["type"] = "integer" },
        ParameterTypes.Float => new() { ["type"] = "number" },
        ParameterTypes.Bool => new() { ["type"] = "boolean" },
        ParameterTypes.Duration => new() { ["type"] = "string", ["pattern"] = Duration },
        ParameterTypes.List when parameter.Elements is { } elements => new() { ["type"] = "array", ["items"] = Of(elements, closed) },
        ParameterTypes.List => new() { ["type"] = "array" },
        ParameterTypes.Map when parameter.Elements is { } values => new() { ["type"] = "object", ["additionalProperties"] = Of(values, closed) },
        ParameterTypes.Object when parameter.Properties is { Count: > 0 } members => Of(members, closed),
        ParameterTypes.Map or ParameterTypes.Object => new() { ["type"] = "object" },
        ParameterTypes.Any => [],
        _ => new() { ["type"] = "string" },
    };

    private static void Add(JsonObject schema, Parameter parameter, Validation validation)
    {
        switch (validation.Type)
        {
            // Blank counts as not given; a default then takes its place.
            case ValidationTypes.Required when IsText(parameter.Type) && !HasDefault(parameter) && !parameter.Verbatim:
                schema["minLength"] = 1;
                break;
            // Those of a duration are durations, for which a schema has no word.
            case ValidationTypes.GreaterThan when IsNumber(parameter.Type) && Value(ParameterTypes.Float, validation.Value) is { } limit:
                schema["exclusiveMinimum"] = limit;
                break;
            case ValidationTypes.LessThan when IsNumber(parameter.Type) && Value(ParameterTypes.Float, validation.Value) is { } limit:
                schema["exclusiveMaximum"] = limit;
                break;
            case ValidationTypes.Minimum when IsNumber(parameter.Type) && Value(ParameterTypes.Float, validation.Value) is { } limit:
                schema["minimum"] = limit;
                break;
            case ValidationTypes.Maximum when IsNumber(parameter.Type) && Value(ParameterTypes.Float, validation.Value) is { } limit:
                schema["maximum"] = limit;
                break;
            case ValidationTypes.Enumeration when ParameterRules.Enumerated(validation.Value) is not null:
                schema["enum"] = JsonNode.Parse(validation.Value);
                break;
            case ValidationTypes.Inclusion:
                schema["enum"] = Values(parameter.Type, validation.Value);
                break;
            case ValidationTypes.Exclusion:
                schema["not"] = new JsonObject { ["enum"] = Values(parameter.Type, validation.Value) };
                break;
            case ValidationTypes.Regex when !schema.ContainsKey("pattern"):
                schema["pattern"] = validation.Value;
                break;
            case ValidationTypes.Regex:
                // A second one beside it, as a duration already has one.
                (schema["allOf"] as JsonArray ?? (JsonArray)(schema["allOf"] = new JsonArray())).Add(new JsonObject { ["pattern"] = validation.Value });
                break;
        }
    }

    private static bool HasDefault(Parameter parameter) => parameter.Verbatim ? parameter.Default is not null : !string.IsNullOrEmpty(parameter.Default);

    private static bool IsText(string type) => type is ParameterTypes.String or ParameterTypes.File or ParameterTypes.Duration;

    private static bool IsNumber(string type) => type is ParameterTypes.Int or ParameterTypes.Float;

    private static JsonArray Values(string type, string list) => [.. list.Split(',').Select(text => Value(type, text.Trim()) ?? JsonValue.Create(text.Trim()))];

    // A default or bound of the specification, as the type reads it; null where it is none of that type.
    private static JsonNode? Value(string type, string text)
    {
        switch (type)
        {
            case ParameterTypes.Int:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? JsonValue.Create(whole) : null;
            case ParameterTypes.Float:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                    ? number == Math.Floor(number) && Math.Abs(number) < 1L << 53 ? JsonValue.Create((long)number) : JsonValue.Create(number)
                    : null;
            case ParameterTypes.Bool:
                return text switch
                {
                    "1" or "t" or "T" or "TRUE" or "true" or "True" => JsonValue.Create(true),
                    "0" or "f" or "F" or "FALSE" or "false" or "False" => JsonValue.Create(false),
                    _ => null,
                };
            case ParameterTypes.List or ParameterTypes.Map or ParameterTypes.Object or ParameterTypes.Any:
                try
                {
                    return JsonNode.Parse(text);
                }
                catch (System.Text.Json.JsonException)
                {
                    return null;
                }

            default:
                return JsonValue.Create(text);
        }
    }

    private static string Pattern(string name) =>
        $"^{string.Join(@"\.", name.Split('.').Select(segment => segment == "*" ? @"[^.]+" : Regex.Escape(segment)))}$";
}
