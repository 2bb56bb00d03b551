using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>Rows with the same values, together. The groups come in the order of their first rows, unless another one is asked for.</summary>
internal static class Groups
{
    private sealed record Group(object?[] Dimensions, IReadOnlyList<Row> Rows, Variables Variables);

    public static Action<Utf8JsonWriter, IReadOnlyList<Row>, Variables> Compile(Plan plan, Grouping grouping, ObjectType type)
    {
        var dimensions = grouping.Dimensions.Select(d => Of(plan, d, type)).ToArray();
        var aggregates = Aggregates.All(grouping.Aggregates, type);
        var test = grouping.Predicate is null ? null : Test(grouping.Predicate, type);
        var sort = Order(grouping, type);
        var (offset, limit) = (Queries.NotNegative(grouping.Offset, "offset") ?? 0, Queries.NotNegative(grouping.Limit, "limit") ?? int.MaxValue);
        return (writer, rows, variables) =>
        {
            var groups = rows
                .GroupBy(row => (object?)Array.ConvertAll(dimensions, d => d(new(row, variables))), Values.Sameness)
                .Select(g => new Group((object?[])g.Key!, [.. g], variables))
                .Where(g => test is null || test(g));
            writer.WriteStartArray();
            foreach (var group in sort([.. groups]).Skip(offset).Take(limit))
            {
                writer.WriteStartObject();
                writer.WritePropertyName("dimensions");
                Values.Write(writer, group.Dimensions);
                writer.WritePropertyName("aggregates");
                aggregates(writer, group.Rows, variables);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        };
    }

    private static Func<Scope, object?> Of(Plan plan, Dimension dimension, ObjectType type)
    {
        if (dimension is not ColumnDimension column)
            throw Plan.Missing("a dimension");
        var related = Relations.Path(plan, new(type), column.Path);
        var read = Columns.Of(related.Type, column.ColumnName, column.Arguments, column.FieldPath);
        var extract = column.Extraction is null ? null : read.Scalar(column.ColumnName).Extraction(column.Extraction);
        return s => related.Rows(s) is [var first, ..] && read.Read(first, s.Variables) is { } value ? extract is null ? value : extract.Of(value) : null;
    }

    private static Func<Group[], IEnumerable<Group>> Order(Grouping grouping, ObjectType type)
    {
        if (grouping.OrderBy is not { Elements.Count: > 0 } order)
            return groups => groups;
        var descending = order.Elements.Select(e => Orders.Descending((e ?? throw Plan.Missing("an element of order_by")).OrderDirection)).ToArray();
        var keys = order.Elements.Select(Func<Group, object?> (e) => e.Target switch
        {
            ByDimension { Index: var index } => index >= 0 && index < grouping.Dimensions.Count
                ? group => group.Dimensions[index]
                : throw Problem.Unfit("unknown_dimension", $"There is no dimension {index}: there are {grouping.Dimensions.Count}, counted from 0."),
            ByAggregate { Aggregate: var aggregate } => Value(aggregate, type).Read,
            _ => throw Plan.Missing("the target of an order_by"),
        }).ToArray();
        return groups => Orders.Sort(groups, keys, descending);
    }

    private static Func<Group, bool> Test(GroupExpression expression, ObjectType type)
    {
        switch (expression)
        {
            case GroupAnd and:
                var all = and.Expressions.ConvertAll(e => Test(e, type));
                return group => all.TrueForAll(test => test(group));
            case GroupOr or:
                var any = or.Expressions.ConvertAll(e => Test(e, type));
                return group => any.Exists(test => test(group));
            case GroupNot not:
                var inner = Test(not.Inner, type);
                return group => !inner(group);
            case GroupUnary { Target: GroupAggregate target } unary:
                Predicates.IsNull(unary.Operator);
                var tested = Value(target.Aggregate, type).Read;
                return group => tested(group) is null;
            case GroupBinary { Target: GroupAggregate target } binary:
                var (read, result) = Value(target.Aggregate, type);
                var scalar = new Column(result, (_, _) => null).Scalar("An aggregate");
                var comparison = scalar.Comparison(binary.Operator);
                var other = Other(binary.Value, comparison.Kind == "in" ? new ArrayType(new ScalarDataType(scalar).OrNull) : result.OrNull);
                return group => read(group) is { } left && other(group.Variables) is { } right && comparison.Holds(left, right);
            default:
                throw Plan.Missing("an expression over groups");
        }
    }

    private static Func<Variables, object?> Other(GroupValue value, DataType type)
    {
        switch (value)
        {
            case GroupScalar scalar:
                var read = Values.FromJson(scalar.Value, type, "The value of a comparison");
                return _ => read;
            case GroupVariable variable:
                return variables => variables.Get(variable.Name, type);
            default:
                throw Plan.Missing("the value of a comparison");
        }
    }

    private static (Func<Group, object?> Read, DataType Type) Value(Aggregate aggregate, ObjectType type)
    {
        var (compute, result) = Aggregates.One(aggregate, type);
        return (group => compute(group.Rows, group.Variables), result);
    }
}
