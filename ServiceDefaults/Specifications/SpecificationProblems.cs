using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Platform.ServiceDefaults;

public static partial class ParameterRules
{
    /// <summary>Bytes of UTF-8 in the name of a parameter or a stream.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>All that is wrong with a specification, for its author to read; none: it can be used.</summary>
    public static IReadOnlyList<string> Problems(ConnectorSpecification specification)
    {
        var problems = new List<string>();
        CheckList(specification.Parameters, "parameter ", problems, 0);
        foreach (var stream in specification.Streams)
            CheckName(stream.Name, $"stream '{stream.Name}'", isOptional: true, problems);
        CheckTwice(specification.Streams.Select(s => s.Name), "stream ", problems);
        foreach (var action in specification.Actions)
        {
            if (!ActionName().IsMatch(action.Name))
                problems.Add($"action '{action.Name}': a name has 1 to 128 of a-z, A-Z, 0-9, '_', '-' and '.'.");
            CheckList(action.Parameters, $"action '{action.Name}', parameter ", problems, 0);
            if (action.Result is { } result) CheckParameter(result, $"action '{action.Name}', result", isNamed: false, problems, 0);
        }
        CheckTwice(specification.Actions.Select(a => a.Name), "action ", problems);
        return problems;
    }

    private static void CheckList(IReadOnlyList<Parameter> parameters, string what, List<string> problems, int depth)
    {
        foreach (var parameter in parameters)
            CheckParameter(parameter, $"{what}'{parameter.Name}'", isNamed: true, problems, depth);
        CheckTwice(parameters.Select(p => p.Name), what, problems);
    }

    private static void CheckParameter(Parameter parameter, string what, bool isNamed, List<string> problems, int depth)
    {
        if (depth >= MaxDepth)
        {
            problems.Add($"{what}: parameters may be {MaxDepth} levels deep.");
            return;
        }
        var before = problems.Count;
        if (isNamed)
        {
            CheckName(parameter.Name, what, isOptional: false, problems);
            if (parameter.Name.Split('.').Any(segment => segment == "" || (segment.Contains('*') && segment != "*")))
                problems.Add($"{what}: the segments between dots are not empty, and '*' is a segment of its own.");
        }
        if (!Types.Contains(parameter.Type))
            problems.Add($"{what}: the type '{parameter.Type}' is not one of {string.Join(", ", Types)}.");
        if (parameter.Elements is not null && parameter.Type is not (ParameterTypes.List or ParameterTypes.Map))
            problems.Add($"{what}: only a list or a map has elements.");
        if (parameter.Properties is { Count: > 0 } && parameter.Type != ParameterTypes.Object)
            problems.Add($"{what}: only an object has properties.");
        foreach (var validation in parameter.Validations ?? [])
            if (Problem(parameter, validation) is { } problem) problems.Add($"{what}, {validation.Type}: {problem}");

        if (parameter.Elements is { } elements) CheckParameter(elements, $"{what}, elements", isNamed: false, problems, depth + 1);
        if (parameter.Properties is { } properties) CheckList(properties, $"{what}, property ", problems, depth + 1);
        // By rules that are wrong themselves there is nothing to check.
        if (problems.Count == before && (parameter.Verbatim ? parameter.Default is not null : !string.IsNullOrWhiteSpace(parameter.Default)))
            foreach (var error in Apply([parameter with { Name = "value" }], "{}").Errors)
                problems.Add($"{what}: its default does not fit. {error.Message}");
    }

    private static string? Problem(Parameter parameter, Validation validation) => validation.Type switch
    {
        ValidationTypes.Required => null,
        ValidationTypes.Enumeration => Enumerated(validation.Value) is null ? "its value is not a JSON array of values." : null,
        ValidationTypes.Inclusion or ValidationTypes.Exclusion or ValidationTypes.Regex when !IsStructured(parameter.Type) => ProblemOfText(parameter, validation),
        _ when IsBound(validation.Type) && !IsStructured(parameter.Type) => ProblemOfBound(parameter.Type, validation.Value.Trim()),
        _ => IsBound(validation.Type) || validation.Type is ValidationTypes.Inclusion or ValidationTypes.Exclusion or ValidationTypes.Regex
            ? $"it does not apply to the type {parameter.Type}." : "there is no such validation.",
    };

    private static bool IsBound(string validation) =>
        validation is ValidationTypes.GreaterThan or ValidationTypes.LessThan or ValidationTypes.Minimum or ValidationTypes.Maximum;

    private static string? ProblemOfBound(string type, string bound) => type switch
    {
        ParameterTypes.Bool or ParameterTypes.File => $"it does not apply to the type {type}.",
        ParameterTypes.Duration => GoSyntax.Duration(bound) is null ? "its value is not a duration such as 10s." : null,
        _ => GoSyntax.Float(bound) is null ? "its value is not a number." : null,
    };

    private static string? ProblemOfText(Parameter parameter, Validation validation)
    {
        if (validation.Type != ValidationTypes.Regex)
            return ParameterScalar.Items(validation.Value).FirstOrDefault(item => ParameterScalar.Read(parameter.Type, JsonSerializer.SerializeToElement(item)).Value is null) is { } item
                ? $"'{item}' in its value is not of the type {parameter.Type}." : null;
        if (ParameterScalar.Pattern(validation.Value, parameter.Verbatim) is not null)
            return null;
        return parameter.Verbatim ? "its value is not a regular expression."
            : "its value is not a regular expression that can be matched in linear time (no look-around, back references or atomic groups).";
    }

    private static void CheckName(string name, string what, bool isOptional, List<string> problems)
    {
        if (name == "" && !isOptional) problems.Add($"{what}: it has no name.");
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes) problems.Add($"{what}: a name has at most {MaxNameBytes} bytes.");
        if (name.Any(char.IsControl) || name.Trim() != name) problems.Add($"{what}: a name has no control characters, nor white space around it.");
    }

    private static void CheckTwice(IEnumerable<string> names, string what, List<string> problems) =>
        problems.AddRange(names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"{what}'{group.Key}': it stands there twice."));

    private static readonly string[] Types =
    [
        ParameterTypes.String, ParameterTypes.Int, ParameterTypes.Float, ParameterTypes.Bool, ParameterTypes.File, ParameterTypes.Duration, ParameterTypes.List,
        ParameterTypes.Map, ParameterTypes.Object, ParameterTypes.Any,
    ];

    [GeneratedRegex(@"^[a-zA-Z0-9_.-]{1,128}\z")]
    private static partial Regex ActionName();
}
