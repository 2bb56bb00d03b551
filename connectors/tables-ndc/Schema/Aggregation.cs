using Platform.Connectors.Tables.Data;

namespace Platform.Connectors.Tables.Schema;

/// <summary>An aggregate function of a scalar type. Nulls do not count, and nothing to count gives null.</summary>
/// <param name="Kind">What it means, by the specification's names.</param>
/// <param name="Result">The name of the result's scalar type; null: that of the column.</param>
internal sealed record Aggregation(string Name, string Kind, string? Result, Func<IEnumerable<object>, object?> Compute)
{
    public static Aggregation Minimum { get; } = new("min", "min", null, values => values.MinBy(v => v, Values.Order));

    public static Aggregation Maximum { get; } = new("max", "max", null, values => values.MaxBy(v => v, Values.Order));

    public static Aggregation Average { get; } = new("avg", "average", "Float", values => values.Select(Convert.ToDouble).Cast<double?>().Average());

    public static Aggregation SumOfFloats { get; } = new("sum", "sum", "Float", values => OrNull(values.Cast<double>(), v => v.Sum()));

    public static Aggregation SumOfIntegers { get; } = new("sum", "sum", "Int64", values => OrNull(values.Select(Convert.ToInt64), Sum));

    private static long Sum(IEnumerable<long> values)
    {
        try
        {
            return values.Sum();
        }
        catch (OverflowException)
        {
            throw Problem.Unfit("sum_too_large", "The sum is past 64 bits; sum fewer rows.");
        }
    }

    private static object? OrNull<T>(IEnumerable<T> values, Func<IEnumerable<T>, T> compute)
    {
        var all = values.ToArray();
        return all.Length == 0 ? null : compute(all);
    }
}

/// <summary>A part of a value, for grouping by it.</summary>
internal sealed record Extraction(string Name, Func<object, object> Of)
{
    public static Extraction Day { get; } = new("day", date => Digits(date, 8, 2));

    public static Extraction Month { get; } = new("month", date => Digits(date, 5, 2));

    public static Extraction Year { get; } = new("year", date => Digits(date, 0, 4));

    private static object Digits(object date, int from, int count) => int.Parse(((string)date).AsSpan(from, count));
}
