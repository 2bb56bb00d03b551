using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Connectors.Tables.Requests;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(And), "and")]
[JsonDerivedType(typeof(Or), "or")]
[JsonDerivedType(typeof(Not), "not")]
[JsonDerivedType(typeof(UnaryComparison), "unary_comparison_operator")]
[JsonDerivedType(typeof(BinaryComparison), "binary_comparison_operator")]
[JsonDerivedType(typeof(ArrayComparison), "array_comparison")]
[JsonDerivedType(typeof(Exists), "exists")]
internal abstract record Expression;

internal sealed record And(List<Expression> Expressions) : Expression;

internal sealed record Or(List<Expression> Expressions) : Expression;

internal sealed record Not([property: JsonPropertyName("expression")] Expression Inner) : Expression;

/// <param name="Operator"><c>is_null</c>, the only one that there is.</param>
internal sealed record UnaryComparison(ComparisonTarget Column, string Operator) : Expression;

internal sealed record BinaryComparison(ComparisonTarget Column, string Operator, ComparisonValue Value) : Expression;

internal sealed record ArrayComparison(ComparisonTarget Column, ArrayTest Comparison) : Expression;

internal sealed record Exists(InCollection InCollection, Expression? Predicate = null) : Expression;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ArrayContains), "contains")]
[JsonDerivedType(typeof(ArrayIsEmpty), "is_empty")]
internal abstract record ArrayTest;

internal sealed record ArrayContains(ComparisonValue Value) : ArrayTest;

internal sealed record ArrayIsEmpty : ArrayTest;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ColumnTarget), "column")]
[JsonDerivedType(typeof(AggregateTarget), "aggregate")]
internal abstract record ComparisonTarget;

internal sealed record ColumnTarget(string Name, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null) : ComparisonTarget;

internal sealed record AggregateTarget(Aggregate Aggregate, List<PathElement> Path) : ComparisonTarget;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ColumnValue), "column")]
[JsonDerivedType(typeof(ScalarValue), "scalar")]
[JsonDerivedType(typeof(VariableValue), "variable")]
internal abstract record ComparisonValue;

/// <param name="Scope">0: the rows that the predicate is about; 1: those outside of the nearest exists, and so on.</param>
internal sealed record ColumnValue(
    string Name, List<PathElement> Path, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null, int? Scope = null) : ComparisonValue;

internal sealed record ScalarValue(JsonElement Value) : ComparisonValue;

internal sealed record VariableValue(string Name) : ComparisonValue;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(InRelated), "related")]
[JsonDerivedType(typeof(InUnrelated), "unrelated")]
[JsonDerivedType(typeof(InNestedCollection), "nested_collection")]
[JsonDerivedType(typeof(InNestedScalars), "nested_scalar_collection")]
internal abstract record InCollection;

internal sealed record InRelated(string Relationship, Dictionary<string, Argument> Arguments, List<string>? FieldPath = null) : InCollection;

internal sealed record InUnrelated(string Collection, Dictionary<string, Argument> Arguments) : InCollection;

internal sealed record InNestedCollection(string ColumnName, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null) : InCollection;

internal sealed record InNestedScalars(string ColumnName, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null) : InCollection;
