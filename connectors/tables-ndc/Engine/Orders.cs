using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>Makes a sort from an order_by. Null comes before all else, equal ones keep the order that they have.</summary>
internal static class Orders
{
    public static Func<Row[], Variables, Row[]> Compile(Plan plan, OrderBy? order, ObjectType type)
    {
        if (order is not { Elements.Count: > 0 })
            return (rows, _) => rows;
        var keys = order.Elements.Select(e => Key(plan, (e ?? throw Plan.Missing("an element of order_by")).Target, type)).ToArray();
        var descending = order.Elements.Select(e => Descending(e.OrderDirection)).ToArray();
        return (rows, variables) => Sort(rows, Array.ConvertAll(keys, key => (Func<Row, object?>)(row => key(new(row, variables)))), descending);
    }

    public static bool Descending(string direction) => direction switch
    {
        "asc" => false,
        "desc" => true,
        _ => throw new Problem(400, "bad_request", $"An order_direction is asc or desc, not {direction}."),
    };

    public static T[] Sort<T>(T[] all, Func<T, object?>[] keys, bool[] descending)
    {
        // Files are often in order already, and whoever pages through one asks for the order at every page.
        if (IsSorted(all, keys, descending))
            return all;
        var values = Array.ConvertAll(all, one => Array.ConvertAll(keys, key => key(one)));
        var positions = Enumerable.Range(0, all.Length).ToArray();
        Array.Sort(positions, (a, b) => Compare(values[a], values[b], descending) is not 0 and var order ? order : a.CompareTo(b));
        return Array.ConvertAll(positions, p => all[p]);
    }

    private static bool IsSorted<T>(T[] all, Func<T, object?>[] keys, bool[] descending)
    {
        var (before, here) = (new object?[keys.Length], new object?[keys.Length]);
        for (var i = 0; i < all.Length; i++)
        {
            for (var k = 0; k < keys.Length; k++)
                here[k] = keys[k](all[i]);
            if (i > 0 && Compare(before, here, descending) > 0)
                return false;
            (before, here) = (here, before);
        }

        return true;
    }

    private static int Compare(object?[] one, object?[] other, bool[] descending)
    {
        for (var k = 0; k < one.Length; k++)
        {
            var order = Values.Compare(one[k], other[k]);
            if (order != 0)
                return descending[k] ? -order : order;
        }

        return 0;
    }

    private static Func<Scope, object?> Key(Plan plan, OrderByTarget target, ObjectType type)
    {
        switch (target)
        {
            case OrderByColumn column:
                var related = Relations.Path(plan, new(type), column.Path);
                var read = Columns.Of(related.Type, column.Name, column.Arguments, column.FieldPath);
                read.Scalar(column.Name);
                return column.Path.Count == 0
                    ? s => read.Read(s.Row, s.Variables)
                    : s => related.Rows(s) is [var first, ..] ? read.Read(first, s.Variables) : null;
            case OrderByAggregate aggregate:
                var all = Relations.Path(plan, new(type), aggregate.Path);
                var (compute, _) = Aggregates.One(aggregate.Aggregate, all.Type);
                return s => compute(all.Rows(s), s.Variables);
            default:
                throw Plan.Missing("the target of an order_by");
        }
    }
}
