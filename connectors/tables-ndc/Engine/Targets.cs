using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>The two sides of a comparison.</summary>
internal static class Targets
{
    public static (Func<Scope, object?> Read, DataType Type) Of(Plan plan, ComparisonTarget target, ScopeType scope)
    {
        switch (target)
        {
            case ColumnTarget column:
                var found = Columns.Of(scope.Type, column.Name, column.Arguments, column.FieldPath);
                return (s => found.Read(s.Row, s.Variables), found.Type);
            case AggregateTarget aggregate:
                var related = Relations.Path(plan, scope, aggregate.Path);
                var (compute, type) = Aggregates.One(aggregate.Aggregate, related.Type);
                return (s => compute(related.Rows(s), s.Variables), type);
            default:
                throw Plan.Missing("the column of a comparison");
        }
    }

    /// <summary>Several where a path leads to several rows: the comparison holds if it holds for one of them.</summary>
    /// <param name="type">Of each value, and of a literal.</param>
    public static Func<Scope, IReadOnlyList<object?>> Values(Plan plan, ComparisonValue value, DataType type, ScopeType scope)
    {
        switch (value)
        {
            case ScalarValue scalar:
                object?[] only = [Data.Values.FromJson(scalar.Value, type, "The value of a comparison")];
                return _ => only;
            case VariableValue variable:
                return s => [s.Variables.Get(variable.Name, type)];
            case ColumnValue column:
                return OfColumn(plan, column, type, scope);
            default:
                throw Plan.Missing("the value of a comparison");
        }
    }

    private static Func<Scope, IReadOnlyList<object?>> OfColumn(Plan plan, ColumnValue column, DataType type, ScopeType scope)
    {
        var up = column.Scope ?? 0;
        var from = scope;
        for (var i = 0; i < up; i++)
            from = from.Outer ?? throw Problem.Unfit("unknown_scope", $"There is no scope {up}: only {i} stand around this comparison.");
        if (up < 0)
            throw new Problem(400, "bad_request", "A scope must not be negative.");

        var related = Relations.Path(plan, from, column.Path);
        var found = Columns.Of(related.Type, column.Name, column.Arguments, column.FieldPath);
        // An array is compared with by in, a scalar by the others; the scalar types themselves may differ, as numbers do.
        if (type.Known is ArrayType != found.Type.Known is ArrayType || found.Type.Known is ObjectDataType != type.Known is ObjectDataType)
            throw Problem.Unfit("not_comparable", $"The column {column.Name} is {found.Type}, and {type.Known} is compared with it.");
        return s =>
        {
            for (var i = 0; i < up; i++)
                s = s.Outer!;
            return [.. related.Rows(s).Select(row => found.Read(row, s.Variables))];
        };
    }
}
