using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Connectors.Tables.Requests;

/// <summary>Bodies as the NDC specification 0.2 has them. Members that it does not have are passed over.</summary>
internal sealed record QueryRequest(
    string Collection, Query Query, Dictionary<string, Argument> Arguments, Dictionary<string, Relationship> CollectionRelationships,
    List<Dictionary<string, JsonElement>>? Variables = null);

internal sealed record Query(
    Dictionary<string, Aggregate>? Aggregates = null, Dictionary<string, Field>? Fields = null, int? Limit = null, int? Offset = null,
    OrderBy? OrderBy = null, Expression? Predicate = null, Grouping? Groups = null);

/// <param name="ColumnMapping">Column here to the path of a column there.</param>
internal sealed record Relationship(
    Dictionary<string, List<string>> ColumnMapping, string RelationshipType, string TargetCollection, Dictionary<string, Argument> Arguments);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(LiteralArgument), "literal")]
[JsonDerivedType(typeof(VariableArgument), "variable")]
[JsonDerivedType(typeof(ColumnArgument), "column")]
internal abstract record Argument;

internal sealed record LiteralArgument(JsonElement Value) : Argument;

internal sealed record VariableArgument(string Name) : Argument;

/// <summary>Of the row that a relationship begins at; nowhere else.</summary>
internal sealed record ColumnArgument(string Name) : Argument;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ColumnField), "column")]
[JsonDerivedType(typeof(RelationshipField), "relationship")]
internal abstract record Field;

internal sealed record ColumnField(string Column, NestedField? Fields = null, Dictionary<string, Argument>? Arguments = null) : Field;

internal sealed record RelationshipField(Query Query, string Relationship, Dictionary<string, Argument> Arguments) : Field;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(NestedObject), "object")]
[JsonDerivedType(typeof(NestedArray), "array")]
[JsonDerivedType(typeof(NestedCollection), "collection")]
internal abstract record NestedField;

internal sealed record NestedObject(Dictionary<string, Field> Fields) : NestedField;

internal sealed record NestedArray(NestedField Fields) : NestedField;

internal sealed record NestedCollection(Query Query) : NestedField;

/// <param name="FieldPath">Members to walk down before the relationship begins.</param>
internal sealed record PathElement(string Relationship, Dictionary<string, Argument> Arguments, List<string>? FieldPath = null, Expression? Predicate = null);

internal sealed record MutationRequest(List<MutationOperation> Operations, Dictionary<string, Relationship> CollectionRelationships);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ProcedureOperation), "procedure")]
internal abstract record MutationOperation;

internal sealed record ProcedureOperation(string Name, Dictionary<string, JsonElement> Arguments, NestedField? Fields = null) : MutationOperation;
