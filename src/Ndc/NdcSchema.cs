using System.Text.Json;

namespace Platform.Ndc;

/// <summary>The answer to <c>GET /schema</c>, of 0.1 and 0.2.</summary>
/// <param name="RequestArguments">0.2.13: what every request takes besides.</param>
public sealed record NdcSchema(
    IReadOnlyDictionary<string, NdcScalarType> ScalarTypes, IReadOnlyDictionary<string, NdcObjectType> ObjectTypes, IReadOnlyList<NdcCollection> Collections,
    IReadOnlyList<NdcFunction> Functions, IReadOnlyList<NdcProcedure> Procedures, JsonElement? Capabilities = null, NdcRequestArguments? RequestArguments = null)
{
    /// <summary>What no named type answers to, each a sentence; a connector with some is not fit to be used as it says.</summary>
    public IReadOnlyList<string> Problems() => NdcSchemaProblems.Of(this);
}

/// <param name="Representation">How its values look in JSON; null: not said (0.1).</param>
public sealed record NdcScalarType(
    NdcRepresentation? Representation = null, IReadOnlyDictionary<string, JsonElement>? AggregateFunctions = null,
    IReadOnlyDictionary<string, NdcOperator>? ComparisonOperators = null, IReadOnlyDictionary<string, JsonElement>? ExtractionFunctions = null)
{
    /// <summary>The name of its operator of a kind, such as <c>greater_than</c>; null: it has none. In 0.1 orders have no kind of their own: the usual names are taken.</summary>
    public string? OperatorOf(string kind) =>
        ComparisonOperators?.FirstOrDefault(o => o.Value.Type == kind).Key
        ?? (kind == NdcOperator.GreaterThan ? Custom("_gt", "gt", "greater_than") : null);

    private string? Custom(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (ComparisonOperators?.GetValueOrDefault(name)?.Type == "custom") return name;
        return null;
    }
}

/// <param name="Type">Such as <c>int32</c>, <c>string</c>, <c>timestamptz</c>; see <see cref="NdcJsonSchema"/>.</param>
/// <param name="OneOf">Of an <c>enum</c>.</param>
public sealed record NdcRepresentation(string Type, IReadOnlyList<string>? OneOf = null);

/// <param name="Type"><c>equal</c>, <c>in</c>, <c>less_than</c>, … or <c>custom</c>.</param>
public sealed record NdcOperator(string Type, NdcType? ArgumentType = null)
{
    public const string Equal = "equal";
    public const string GreaterThan = "greater_than";
}

public sealed record NdcObjectType(IReadOnlyDictionary<string, NdcObjectField> Fields, string? Description = null, IReadOnlyDictionary<string, JsonElement>? ForeignKeys = null);

public sealed record NdcObjectField(NdcType Type, string? Description = null, IReadOnlyDictionary<string, NdcArgument>? Arguments = null);

public sealed record NdcArgument(NdcType Type, string? Description = null);

/// <param name="Type">The name of an object type: that of its rows.</param>
public sealed record NdcCollection(
    string Name, string Type, IReadOnlyDictionary<string, NdcArgument>? Arguments = null, string? Description = null,
    IReadOnlyDictionary<string, NdcUniqueness>? UniquenessConstraints = null);

public sealed record NdcUniqueness(IReadOnlyList<string> UniqueColumns);

public sealed record NdcFunction(string Name, NdcType ResultType, IReadOnlyDictionary<string, NdcArgument>? Arguments = null, string? Description = null)
{
    /// <summary>A function is queried as a collection of one row with this one column.</summary>
    public const string ValueColumn = "__value";
}

public sealed record NdcProcedure(string Name, NdcType ResultType, IReadOnlyDictionary<string, NdcArgument>? Arguments = null, string? Description = null);

public sealed record NdcRequestArguments(IReadOnlyDictionary<string, NdcArgument>? QueryArguments = null, IReadOnlyDictionary<string, NdcArgument>? MutationArguments = null);

/// <summary>A reference to a type.</summary>
/// <param name="Type"><c>named</c>, <c>nullable</c>, <c>array</c> or <c>predicate</c>.</param>
/// <param name="Name">Of <c>named</c>: a scalar or object type.</param>
/// <param name="UnderlyingType">Of <c>nullable</c>.</param>
/// <param name="ElementType">Of <c>array</c>.</param>
/// <param name="ObjectTypeName">Of <c>predicate</c>: what it is about.</param>
public sealed record NdcType(string Type, string? Name = null, NdcType? UnderlyingType = null, NdcType? ElementType = null, string? ObjectTypeName = null)
{
    public const string Named = "named";
    public const string Nullable = "nullable";
    public const string Array = "array";
    public const string Predicate = "predicate";

    public bool IsNullable => Type == Nullable;

    /// <summary>Without what says that it may be null.</summary>
    public NdcType NonNull => this is { Type: Nullable, UnderlyingType: { } inner } ? inner.NonNull : this;
}
