using System.Globalization;
using System.Text.Json;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms;

/// <summary>What a described service is to the platform: actions, options from its environment, and a stream for each event.</summary>
internal static class OmsSpecification
{
    private const int MaxTitle = 200;

    /// <param name="leftOut">Why some of the actions are not there, one sentence each.</param>
    public static ConnectorSpecification Of(OmsService service, out IReadOnlyList<string> leftOut)
    {
        List<string> reasons = [];
        List<ActionSpecification> actions = [];
        foreach (var action in service.Actions)
        {
            var read = Of(action);
            var why = action.Unusable ?? (action.Interface is null ? "it has no interface" : Problem([], [read]));
            if (why is null)
                actions.Add(read);
            else
                reasons.Add($"{action.Name}: {why}");
        }

        leftOut = reasons;
        return new(
            Bounded(service.Info.Title), Bounded(service.Info.Version), service.Info.Description, [.. service.Environment.Select(Of).OfType<Parameter>()],
            [.. service.Events.Where(e => e.Unusable is null && e.Subscribe is not null).Select(e => new StreamSpecification(e.Name, e.Help, Incremental: true, [.. e.Arguments.Select(Of)]))],
            actions, CanSync: false);
    }

    private static ActionSpecification Of(OmsAction action) => new(
        action.Name, Words(action.Help, action.Deprecated), [.. action.Arguments.Select(Of)], Result(action.Output),
        Idempotent: action is { Retry: true, Interface: OmsHttp { Method: "GET" or "PUT" or "DELETE" } });

    // A part of the path can't be missing, whatever the file says.
    private static Parameter Of(OmsArgument argument) => Fitting(new(
        argument.Name, Words(argument.Help, argument.Deprecated), Type(argument.Type), Default(argument), argument.Sensitive, Validations(argument),
        argument is { Type: OmsTypes.List or OmsTypes.Map, Elements: { } elements } ? Of(elements) : null,
        argument is { Type: OmsTypes.Object, Properties: { Count: > 0 } properties } ? [.. properties.Select(Of)] : null, Verbatim: true));

    private static Parameter? Result(OmsOutput output) =>
        output.Type == OmsTypes.None ? null : Of(new OmsArgument("", output.Type, Elements: output.Elements, Properties: output.Properties, Help: output.Help));

    /// <summary>Null: it has a name that can't be an option's.</summary>
    private static Parameter? Of(OmsVariable variable)
    {
        List<Validation> required = variable.Required && variable.Default is null ? [new(ValidationTypes.Required)] : [];
        var option = new Parameter(
            variable.Name, Words(variable.Help, variable.Deprecated), Type(variable.Type), variable.Default, variable.Sensitive,
            variable.Pattern is { } pattern ? [.. required, new(ValidationTypes.Regex, pattern)] : required, Verbatim: true);
        // A pattern that nobody can read must not be in the way of the whole service.
        if (Problem([option], []) is not null)
            option = option with { Validations = required };
        option = Fitting(option);
        return Problem([option], []) is null ? option : null;
    }

    private static List<Validation> Validations(OmsArgument argument)
    {
        List<Validation> rules = [];
        if (argument.Default is null && (argument.Required || argument.In == OmsIn.Path))
            rules.Add(new(ValidationTypes.Required));
        if (argument.Type is OmsTypes.Int or OmsTypes.Float && argument.Min is { } min && double.IsFinite(min))
            rules.Add(new(ValidationTypes.Minimum, min.ToString("R", CultureInfo.InvariantCulture)));
        if (argument.Type is OmsTypes.Int or OmsTypes.Float && argument.Max is { } max && double.IsFinite(max))
            rules.Add(new(ValidationTypes.Maximum, max.ToString("R", CultureInfo.InvariantCulture)));
        if (argument.Enum is { Count: > 0 } allowed)
            rules.Add(new(ValidationTypes.Enumeration, $"[{string.Join(',', allowed)}]"));
        if (argument is { Type: OmsTypes.String, Pattern: { } pattern })
            rules.Add(new(ValidationTypes.Regex, pattern));
        return rules;
    }

    private static string? Default(OmsArgument argument)
    {
        if (argument.Default is not { } json || ParameterRules.Enumerated($"[{json}]") is not [var value] || value.ValueKind == JsonValueKind.Null)
            return null;
        return argument.Type is not (OmsTypes.Any or OmsTypes.List or OmsTypes.Map or OmsTypes.Object) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : json;
    }

    // A default of another type is as good as none; whoever reads the file warns of it.
    private static Parameter Fitting(Parameter parameter) =>
        parameter.Default is not null && ParameterRules.Apply([parameter with { Name = "value" }], "{}").Errors.Count > 0 ? parameter with { Default = null } : parameter;

    private static string? Problem(IReadOnlyList<Parameter> options, IReadOnlyList<ActionSpecification> actions) =>
        ParameterRules.Problems(new("service", "1", "", options, [], actions)) is { Count: > 0 } problems ? string.Join(" ", problems) : null;

    private static string Words(string help, bool deprecated) => deprecated ? $"Deprecated. {help}".TrimEnd() : help;

    private static string Bounded(string text) => text.Length <= MaxTitle ? text : text[..MaxTitle];

    private static string Type(string type) => type switch
    {
        OmsTypes.Int => ParameterTypes.Int,
        OmsTypes.Float => ParameterTypes.Float,
        OmsTypes.String => ParameterTypes.String,
        OmsTypes.Boolean => ParameterTypes.Bool,
        OmsTypes.List => ParameterTypes.List,
        OmsTypes.Map => ParameterTypes.Map,
        OmsTypes.Object => ParameterTypes.Object,
        OmsTypes.File => ParameterTypes.File,
        _ => ParameterTypes.Any,
    };
}
