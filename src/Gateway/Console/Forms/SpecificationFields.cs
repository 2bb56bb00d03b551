using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Forms;

/// <summary>The form of a connection's options, from the parameters that its connector names.</summary>
internal static class SpecificationFields
{
    public const string Root = "options";

    public static IReadOnlyList<FormField> Of(ConnectorSpecification specification)
    {
        List<FormField> fields = [.. specification.Parameters.Where(IsNamed).SelectMany(parameter => Of(parameter, []))];
        if (specification.Parameters.Where(p => !IsNamed(p)).ToList() is { Count: > 0 } open)
            fields.Add(new(Root, [], FieldKind.Json, $"Further options, as a JSON object. Names: {string.Join(", ", open.Select(p => p.Name))}, where * is any one word."));
        return fields;
    }

    private static bool IsNamed(Parameter parameter) => parameter.Name.Length > 0 && !parameter.Name.Contains('*', StringComparison.Ordinal);

    private static IEnumerable<FormField> Of(Parameter parameter, IReadOnlyList<string> outer)
    {
        IReadOnlyList<string> path = [.. outer, parameter.Name];
        if (parameter is { Type: ParameterTypes.Object, Properties: { Count: > 0 } members, Secret: false } && members.All(IsNamed))
            return members.SelectMany(member => Of(member, path));
        var choices = Choices(parameter);
        return [new(Root, path, Kind(parameter, choices), parameter.Description, parameter.IsRequired, parameter.Default, choices, Rules(parameter))];
    }

    private static FieldKind Kind(Parameter parameter, IReadOnlyList<string>? choices) => parameter switch
    {
        { Secret: true } => FieldKind.Secret,
        { Type: ParameterTypes.Bool } => FieldKind.Boolean,
        _ when choices is not null => FieldKind.Choice,
        { Type: ParameterTypes.Int } => FieldKind.Integer,
        { Type: ParameterTypes.Float } => FieldKind.Number,
        { Type: ParameterTypes.File } => FieldKind.Long,
        { Type: ParameterTypes.List, Elements: null or { Type: not (ParameterTypes.List or ParameterTypes.Map or ParameterTypes.Object or ParameterTypes.Any) } } => FieldKind.Lines,
        { Type: ParameterTypes.List or ParameterTypes.Map or ParameterTypes.Object or ParameterTypes.Any } => FieldKind.Json,
        _ => FieldKind.Text,
    };

    private static List<string>? Choices(Parameter parameter)
    {
        if (parameter.Type is ParameterTypes.List or ParameterTypes.Map or ParameterTypes.Object) return null;
        foreach (var rule in parameter.Validations ?? [])
        {
            if (rule.Type == ValidationTypes.Inclusion)
                return [.. rule.Value.Split(',', StringSplitOptions.TrimEntries).Select(value => JsonSerializer.Serialize(value))];
            if (rule.Type == ValidationTypes.Enumeration && JsonDocument.Parse(rule.Value).RootElement is { ValueKind: JsonValueKind.Array } values)
                return [.. values.EnumerateArray().Select(value => value.GetRawText())];
        }
        return null;
    }

    private static string? Rules(Parameter parameter)
    {
        List<string> rules = [];
        if (parameter.Type == ParameterTypes.Duration) rules.Add("a duration such as 90s, 15m or 1h30m");
        foreach (var rule in parameter.Validations ?? [])
        {
            if (rule.Type switch
            {
                ValidationTypes.GreaterThan => $"greater than {rule.Value}",
                ValidationTypes.LessThan => $"less than {rule.Value}",
                ValidationTypes.Minimum => $"at least {rule.Value}",
                ValidationTypes.Maximum => $"at most {rule.Value}",
                ValidationTypes.Exclusion => $"none of {rule.Value}",
                ValidationTypes.Regex => $"must match {rule.Value}",
                _ => null,
            } is { } words) rules.Add(words);
        }
        return rules.Count == 0 ? null : string.Join("; ", rules);
    }
}
