using System.Text.Json.Serialization;

namespace Platform.Connectors.Tables.Requests;

internal sealed record OrderBy(List<OrderByElement> Elements);

/// <param name="OrderDirection"><c>asc</c> or <c>desc</c>.</param>
internal sealed record OrderByElement(string OrderDirection, OrderByTarget Target);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(OrderByColumn), "column")]
[JsonDerivedType(typeof(OrderByAggregate), "aggregate")]
internal abstract record OrderByTarget;

internal sealed record OrderByColumn(
    string Name, List<PathElement> Path, Dictionary<string, Argument>? Arguments = null, List<string>? FieldPath = null) : OrderByTarget;

internal sealed record OrderByAggregate(Aggregate Aggregate, List<PathElement> Path) : OrderByTarget;
