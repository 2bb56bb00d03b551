using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.ServiceDefaults;

/// <summary>
/// What a connector says of itself, whatever its protocol: a Runner asks it, Registry keeps it with the version, and both check what users
/// give by it. Its JSON (<see cref="PlatformJson"/>) travels between the services.
/// </summary>
/// <param name="Parameters">Of the connection's options, which then are a JSON object.</param>
/// <param name="Streams">Empty: not known before a sync.</param>
/// <param name="CanSync">False: it has actions only.</param>
public sealed record ConnectorSpecification(
    string Name, string Version, string Summary, IReadOnlyList<Parameter> Parameters, IReadOnlyList<StreamSpecification> Streams,
    IReadOnlyList<ActionSpecification> Actions, bool CanSync = true)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PlatformJson.Options);

    /// <summary>Null for the empty bytes of a connector that says nothing.</summary>
    public static ConnectorSpecification? FromJson(ReadOnlySpan<byte> json) =>
        json.IsEmpty ? null : JsonSerializer.Deserialize<ConnectorSpecification>(json, PlatformJson.Options);
}

/// <summary>A value that a user gives: an option of a connection or an argument of an action.</summary>
/// <param name="Name">Segments between dots may be <c>*</c>, which stands for any one segment. Empty for the elements of a list.</param>
/// <param name="Type">One of <see cref="ParameterTypes"/>.</param>
/// <param name="Default">As text, read as the type says; null: none.</param>
/// <param name="Secret">Never shown, masked everywhere.</param>
/// <param name="Elements">What a list holds, or the values of a map; null: anything.</param>
/// <param name="Properties">The members of an object; null: anything.</param>
/// <param name="Verbatim">
/// Text is taken as it is given: not trimmed, and blank text is a value like any other, also as a default; not given is what is absent or null. A regular
/// expression may then be one that can't be matched in linear time: it is given 100 ms.
/// </param>
/// <param name="ReservedPrefixes">Of a name with <c>*</c>: names that begin so are refused.</param>
public sealed record Parameter(
    string Name, string Description, string Type, string? Default = null, bool Secret = false, IReadOnlyList<Validation>? Validations = null,
    Parameter? Elements = null, IReadOnlyList<Parameter>? Properties = null, bool Verbatim = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? ReservedPrefixes = null)
{
    [JsonIgnore]
    public bool IsRequired => Validations?.Any(v => v.Type == ValidationTypes.Required) == true;
}

public static class ParameterTypes
{
    public const string String = "string";
    public const string Int = "int";
    public const string Float = "float";
    public const string Bool = "bool";
    public const string File = "file";
    public const string Duration = "duration";
    public const string List = "list";
    public const string Map = "map";
    public const string Object = "object";
    public const string Any = "any";
}

/// <param name="Type">One of <see cref="ValidationTypes"/>.</param>
/// <param name="Value">What it compares with; empty for <c>required</c>.</param>
public sealed record Validation(string Type, string Value = "");

/// <summary>The rules of Conduit's parameter model, and three more. An empty value that is not required passes all of them.</summary>
public static class ValidationTypes
{
    public const string Required = "required";
    /// <summary>Strictly, a number.</summary>
    public const string GreaterThan = "greater_than";
    /// <summary>Strictly, a number.</summary>
    public const string LessThan = "less_than";
    /// <summary>At least, a number.</summary>
    public const string Minimum = "minimum";
    /// <summary>At most, a number.</summary>
    public const string Maximum = "maximum";
    /// <summary>One of a list separated by commas.</summary>
    public const string Inclusion = "inclusion";
    /// <summary>None of a list separated by commas.</summary>
    public const string Exclusion = "exclusion";
    /// <summary>One of the values of a JSON array; of any type.</summary>
    public const string Enumeration = "enumeration";
    /// <summary>Found anywhere in the text.</summary>
    public const string Regex = "regex";
}

/// <param name="Incremental">It can go on from a state.</param>
/// <param name="CursorColumns">Those of which a connection may choose one, so that runs ask for what has changed by it; null: it is not such a stream, or nothing is known of that.</param>
/// <param name="Subscription">What a subscription to it takes: then its objects come by themselves, as the connector publishes them. Null: it can't be subscribed to.</param>
public sealed record StreamSpecification(
    string Name, string Description, bool Incremental, IReadOnlyList<Parameter>? Subscription = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? CursorColumns = null);

/// <param name="Result">What it answers; null: not said.</param>
/// <param name="Mutates">It changes something at the source: one at a time for each connection.</param>
/// <param name="Exclusive">Refused while a run of the connection is active.</param>
/// <param name="Idempotent">Done twice it is as if done once: a transient failure is tried again.</param>
public sealed record ActionSpecification(
    string Name, string Description, IReadOnlyList<Parameter> Parameters, Parameter? Result = null, bool Mutates = false, bool Exclusive = false,
    bool Idempotent = false);
