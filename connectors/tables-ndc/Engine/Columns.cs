using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>A column, or a member of a nested object in one.</summary>
internal sealed record Column(DataType Type, Func<Row, Variables, object?> Read)
{
    /// <summary>What its operators and functions are those of.</summary>
    /// <exception cref="Problem">422: it is an array or an object.</exception>
    public ScalarType Scalar(string name) =>
        (Type.Known as ScalarDataType)?.Scalar ?? throw Problem.Unfit("not_scalar", $"{name} is {Type}, and no value that can be compared, ordered or aggregated.");
}

internal static class Columns
{
    /// <exception cref="Problem">422: a name is unknown.</exception>
    public static Column Of(ObjectType type, string name, IReadOnlyDictionary<string, Argument>? arguments = null, IReadOnlyList<string>? path = null)
    {
        var index = type.IndexOf(name);
        var field = type.Fields[index];
        var limit = Arguments.Limit(name, field.Type, arguments);
        Func<Row, Variables, object?> read = limit is null
            ? (row, _) => row[index]
            : (row, variables) => row[index] is object?[] all && limit(variables) is { } most && most < all.Length ? all[..most] : row[index];
        return path is { Count: > 0 } ? Inside(new(field.Type, read), name, path) : new(field.Type, read);
    }

    /// <summary>The object that a path of members leads to; the row itself for none.</summary>
    public static (ObjectType Type, Func<Row, Variables, Row?> Read) Object(ObjectType type, IReadOnlyList<string>? path)
    {
        if (path is not { Count: > 0 })
            return (type, (row, _) => row);
        var column = Of(type, path[0], path: [.. path.Skip(1)]);
        return column.Type.Known is ObjectDataType { Type: var nested }
            ? (nested, (row, variables) => (Row?)column.Read(row, variables))
            : throw Problem.Unfit("not_an_object", $"{string.Join('.', path)} is {column.Type}, and no object that a relationship could begin at.");
    }

    private static Column Inside(Column column, string name, IReadOnlyList<string> path)
    {
        foreach (var member in path)
        {
            if (column.Type.Known is not ObjectDataType { Type: var type })
                throw Problem.Unfit("not_an_object", $"{name} is {column.Type}, and has no member {member}.");
            var (outer, index) = (column, type.IndexOf(member));
            column = new(type.Fields[index].Type, (row, variables) => (outer.Read(row, variables) as Row)?[index]);
            name = $"{name}.{member}";
        }

        return column;
    }
}
