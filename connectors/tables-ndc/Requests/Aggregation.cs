using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Connectors.Tables.Requests;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(StarCount), "star_count")]
[JsonDerivedType(typeof(ColumnCount), "column_count")]
[JsonDerivedType(typeof(SingleColumn), "single_column")]
internal abstract record Aggregate;

internal sealed record StarCount : Aggregate;

internal sealed record ColumnCount(string Column, bool Distinct, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null) : Aggregate;

internal sealed record SingleColumn(string Column, string Function, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null) : Aggregate;

internal sealed record Grouping(
    List<Dimension> Dimensions, Dictionary<string, Aggregate> Aggregates, GroupExpression? Predicate = null, GroupOrderBy? OrderBy = null,
    int? Limit = null, int? Offset = null);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ColumnDimension), "column")]
internal abstract record Dimension;

/// <param name="Extraction">A part of the value, such as the year; null: the value.</param>
internal sealed record ColumnDimension(
    string ColumnName, List<PathElement> Path, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null, string? Extraction = null) : Dimension;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(GroupAnd), "and")]
[JsonDerivedType(typeof(GroupOr), "or")]
[JsonDerivedType(typeof(GroupNot), "not")]
[JsonDerivedType(typeof(GroupUnary), "unary_comparison_operator")]
[JsonDerivedType(typeof(GroupBinary), "binary_comparison_operator")]
internal abstract record GroupExpression;

internal sealed record GroupAnd(List<GroupExpression> Expressions) : GroupExpression;

internal sealed record GroupOr(List<GroupExpression> Expressions) : GroupExpression;

internal sealed record GroupNot([property: JsonPropertyName("expression")] GroupExpression Inner) : GroupExpression;

internal sealed record GroupUnary(GroupTarget Target, string Operator) : GroupExpression;

internal sealed record GroupBinary(GroupTarget Target, string Operator, GroupValue Value) : GroupExpression;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(GroupAggregate), "aggregate")]
internal abstract record GroupTarget;

internal sealed record GroupAggregate(Aggregate Aggregate) : GroupTarget;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(GroupScalar), "scalar")]
[JsonDerivedType(typeof(GroupVariable), "variable")]
internal abstract record GroupValue;

internal sealed record GroupScalar(JsonElement Value) : GroupValue;

internal sealed record GroupVariable(string Name) : GroupValue;

internal sealed record GroupOrderBy(List<GroupOrderByElement> Elements);

internal sealed record GroupOrderByElement(string OrderDirection, GroupOrderByTarget Target);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ByDimension), "dimension")]
[JsonDerivedType(typeof(ByAggregate), "aggregate")]
internal abstract record GroupOrderByTarget;

internal sealed record ByDimension(int Index) : GroupOrderByTarget;

internal sealed record ByAggregate(Aggregate Aggregate) : GroupOrderByTarget;
