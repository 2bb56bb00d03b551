using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>Makes a test of rows from an expression.</summary>
internal static class Predicates
{
    /// <param name="expression">Null: every row passes.</param>
    /// <param name="scope">The rows that the test is asked about, and those around.</param>
    public static Func<Scope, bool> Compile(Plan plan, Expression? expression, ScopeType scope) => expression is null ? _ => true : Required(plan, expression, scope);

    private static Func<Scope, bool> Required(Plan plan, Expression? expression, ScopeType scope)
    {
        switch (expression)
        {
            case And and:
                var all = and.Expressions.Select(e => Required(plan, e, scope)).ToArray();
                return all.Length == 1 ? all[0] : s => Array.TrueForAll(all, test => test(s));
            case Or or:
                var any = or.Expressions.Select(e => Required(plan, e, scope)).ToArray();
                return s => Array.Exists(any, test => test(s));
            case Not not:
                var inner = Required(plan, not.Inner, scope);
                return s => !inner(s);
            case UnaryComparison unary:
                IsNull(unary.Operator);
                var (tested, _) = Targets.Of(plan, unary.Column, scope);
                return s => tested(s) is null;
            case BinaryComparison binary:
                return Binary(plan, binary, scope);
            case ArrayComparison array:
                return OfArray(plan, array, scope);
            case Exists exists:
                var (type, rows) = Existence.Of(plan, exists.InCollection, scope);
                var test = Compile(plan, exists.Predicate, new(type, scope));
                return s => rows(s).Any(row => test(new(row, s.Variables, s)));
            default:
                throw Plan.Missing("an expression");
        }
    }

    /// <exception cref="Problem">422: it is another operator.</exception>
    public static void IsNull(string unary)
    {
        if (unary != "is_null")
            throw Problem.Unknown("operator", unary, ["is_null"], "of one operand");
    }

    private static Func<Scope, bool> Binary(Plan plan, BinaryComparison binary, ScopeType scope)
    {
        var (target, type) = Targets.Of(plan, binary.Column, scope);
        var scalar = new Column(type, (_, _) => null).Scalar("The left side of a comparison");
        var comparison = scalar.Comparison(binary.Operator);
        DataType value = new ScalarDataType(scalar);
        var others = Targets.Values(plan, binary.Value, comparison.Kind == "in" ? new ArrayType(value.OrNull) : value.OrNull, scope);
        var holds = comparison.Holds;
        if (binary.Value is ScalarValue)
        {
            // The usual case, without an array for each row.
            var only = others(null!).Single();
            return s => only is not null && target(s) is { } left && holds(left, only);
        }

        return s => target(s) is { } left && others(s).Any(other => other is not null && holds(left, other));
    }

    private static Func<Scope, bool> OfArray(Plan plan, ArrayComparison array, ScopeType scope)
    {
        var (target, type) = Targets.Of(plan, array.Column, scope);
        if (type.Known is not ArrayType { Element: var element })
            throw Problem.Unfit("not_an_array", $"An array_comparison is of an array, not of {type}.");
        switch (array.Comparison)
        {
            case ArrayIsEmpty:
                return s => target(s) is object?[] { Length: 0 };
            case ArrayContains contains:
                var values = Targets.Values(plan, contains.Value, element.OrNull, scope);
                return s => target(s) is object?[] all && values(s).Any(value => all.Contains(value, Data.Values.Sameness));
            default:
                throw Plan.Missing("the comparison of an array");
        }
    }
}
