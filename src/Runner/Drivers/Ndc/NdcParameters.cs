using System.Text.Json;
using Platform.Ndc;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Ndc;

/// <summary>
/// Types of a connector in the platform's parameter model. Representations that travel as text (64 bits and more) are text here, too. What the model can't
/// say, as types that contain themselves, is taken as any JSON: the connector looks at it.
/// </summary>
internal sealed class NdcParameters(NdcSchema schema)
{
    private const int MaxDepth = 8;
    // Of the parameters within one: wide types within wide types would not end.
    private const int MaxParts = 1000;
    private const string WholeNumber = "^-?[0-9]+$";
    private readonly HashSet<string> within = new(StringComparer.Ordinal);
    private int parts;

    public IReadOnlyList<Parameter> OfArguments(IReadOnlyDictionary<string, NdcArgument>? arguments) =>
        [.. (arguments ?? new Dictionary<string, NdcArgument>()).Select(a => Begin(a.Key, a.Value.Type, a.Value.Description))];

    public Parameter OfResult(NdcType type) => Begin("", type, null) with { Validations = null };

    private Parameter Begin(string name, NdcType type, string? description)
    {
        parts = 0;
        return Of(name, type, description, 0);
    }

    private Parameter Of(string name, NdcType type, string? description, int depth)
    {
        List<Validation> rules = type.IsNullable ? [] : [new(ValidationTypes.Required)];
        var read = new Parameter(name, description ?? "", ParameterTypes.Any, Validations: rules, Verbatim: true);
        if (depth == MaxDepth || ++parts > MaxParts)
            return read;
        switch (type.NonNull)
        {
            case { Type: NdcType.Array, ElementType: { } element }:
                // One that may be null can't be said.
                return read with { Type = ParameterTypes.List, Elements = element.IsNullable ? null : WithoutRequired(Of("", element, null, depth + 1)) };
            case { Type: NdcType.Predicate, ObjectTypeName: { } about }:
                return read with { Description = $"{description} An NDC predicate on {about}.".TrimStart() };
            case { Type: NdcType.Named, Name: { } named } when schema.ObjectTypes.TryGetValue(named, out var declared):
                return Object(read, named, declared, depth);
            case { Type: NdcType.Named, Name: { } named } when schema.ScalarTypes.TryGetValue(named, out var scalar):
                return Scalar(read, rules, scalar.Representation);
            default:
                return read;
        }
    }

    private Parameter Object(Parameter read, string name, NdcObjectType declared, int depth)
    {
        if (!within.Add(name))
            return read with { Description = $"{read.Description} Of the type {name}.".TrimStart() };
        var members = declared.Fields.Select(f => Of(f.Key, f.Value.Type, f.Value.Description, depth + 1)).ToList();
        within.Remove(name);
        return read with { Type = ParameterTypes.Object, Properties = members };
    }

    private static Parameter Scalar(Parameter read, List<Validation> rules, NdcRepresentation? representation)
    {
        switch (representation?.Type)
        {
            case "boolean":
                return read with { Type = ParameterTypes.Bool };
            case "integer" or "int8" or "int16" or "int32":
                return read with { Type = ParameterTypes.Int };
            case "number" or "float32" or "float64":
                return read with { Type = ParameterTypes.Float };
            case "string" or "uuid" or "date" or "timestamp" or "timestamptz" or "bytes" or "bigdecimal":
                return read with { Type = ParameterTypes.String };
            case "int64" or "biginteger":
                return read with { Type = ParameterTypes.String, Validations = [.. rules, new(ValidationTypes.Regex, WholeNumber)] };
            case "enum" when representation.OneOf is { Count: > 0 } values:
                return read with { Type = ParameterTypes.String, Validations = [.. rules, new(ValidationTypes.Enumeration, JsonSerializer.Serialize(values))] };
            default:
                return read;
        }
    }

    // An element is there, or it is not an element.
    private static Parameter WithoutRequired(Parameter element) => element with { Validations = [.. (element.Validations ?? []).Where(v => v.Type != ValidationTypes.Required)] };
}
