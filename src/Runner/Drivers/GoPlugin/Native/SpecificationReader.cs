using Platform.Connector.V1;
using Platform.ServiceDefaults;
using Parameter = Platform.ServiceDefaults.Parameter;
using Said = Platform.Connector.V1;
using Validation = Platform.ServiceDefaults.Validation;

namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>What a connector says of itself, as the platform keeps it.</summary>
internal static class SpecificationReader
{
    private const int MaxBytes = 1 << 20;
    private const int MaxEntries = 1000;
    private const int MaxWords = 200;

    /// <exception cref="RunFaultException">bad_specification, with all that is wrong.</exception>
    public static ConnectorSpecification Read(Specification said)
    {
        if (said.CalculateSize() is var size && size > MaxBytes)
            throw Faults.BadSpecification([$"it has {size} bytes; at most {MaxBytes} are allowed"]);
        List<string> problems = [];
        Bound("name", said.Name);
        Bound("version", said.Version);
        if (said.Streams.Count > MaxEntries)
            problems.Add($"it has {said.Streams.Count} streams; at most {MaxEntries} are allowed");
        if (said.Actions.Count > MaxEntries)
            problems.Add($"it has {said.Actions.Count} actions; at most {MaxEntries} are allowed");
        ConnectorSpecification read = new(
            said.Name, said.Version, said.Summary, All(said.Parameters),
            [.. said.Streams.Select(s => new StreamSpecification(s.Name, s.Description, s.Incremental))],
            [.. said.Actions.Select(a => new ActionSpecification(a.Name, a.Description, All(a.Parameters), a.Result is null ? null : One(a.Result), a.Mutates, a.Exclusive, a.Idempotent))]);
        problems.AddRange(ParameterRules.Problems(read).Select(p => p.TrimEnd('.')));
        return problems.Count == 0 ? read : throw Faults.BadSpecification(problems);

        void Bound(string what, string text)
        {
            if (text.Length > MaxWords)
                problems.Add($"its {what} has {text.Length} characters; at most {MaxWords} are allowed");
        }
    }

    private static IReadOnlyList<Parameter> All(IEnumerable<Said.Parameter> parameters) => [.. parameters.Select(One)];

    private static Parameter One(Said.Parameter said) => new(
        said.Name, said.Description, Type(said.Type), said.Default.Length == 0 ? null : said.Default, said.Secret,
        said.Validations.Count == 0 ? null : [.. said.Validations.Select(v => new Validation(Type(v.Type), v.Value))],
        said.Elements is null ? null : One(said.Elements),
        said.Properties.Count == 0 ? null : All(said.Properties));

    // What is unknown keeps its number, so that the complaint about it says something.
    private static string Type(ParameterType type) => type switch
    {
        ParameterType.Unspecified or ParameterType.String => ParameterTypes.String,
        ParameterType.Int => ParameterTypes.Int,
        ParameterType.Float => ParameterTypes.Float,
        ParameterType.Bool => ParameterTypes.Bool,
        ParameterType.File => ParameterTypes.File,
        ParameterType.Duration => ParameterTypes.Duration,
        ParameterType.List => ParameterTypes.List,
        ParameterType.Map => ParameterTypes.Map,
        ParameterType.Object => ParameterTypes.Object,
        ParameterType.Any => ParameterTypes.Any,
        _ => $"{(int)type}",
    };

    private static string Type(ValidationType type) => type switch
    {
        ValidationType.Required => ValidationTypes.Required,
        ValidationType.GreaterThan => ValidationTypes.GreaterThan,
        ValidationType.LessThan => ValidationTypes.LessThan,
        ValidationType.Inclusion => ValidationTypes.Inclusion,
        ValidationType.Exclusion => ValidationTypes.Exclusion,
        ValidationType.Regex => ValidationTypes.Regex,
        _ => $"{(int)type}",
    };
}
