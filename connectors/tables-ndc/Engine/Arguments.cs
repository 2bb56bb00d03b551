using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>The arguments of collections and columns.</summary>
internal static class Arguments
{
    private static readonly DataType limit = DataType.Of("Int").OrNull;

    /// <summary>Of one value, whichever way it is given.</summary>
    /// <param name="source">The row that a relationship begins at; null: there is none, and no column may be meant.</param>
    public static Func<Scope?, Variables, object?> One(Argument argument, DataType type, ScopeType? source, string where)
    {
        switch (argument)
        {
            case LiteralArgument literal:
                var value = Values.FromJson(literal.Value, type, where);
                return (_, _) => value;
            case VariableArgument variable:
                return (_, variables) => variables.Get(variable.Name, type);
            case ColumnArgument column when source is not null:
                var index = source.Type.IndexOf(column.Name);
                return (scope, _) => scope!.Row[index];
            case ColumnArgument:
                throw new Problem(400, "bad_request", $"{where} can't be a column: no relationship is followed here.");
            default:
                throw Plan.Missing(where);
        }
    }

    /// <summary>Of a collection; every one must be given, unless it may be null.</summary>
    public static Func<Scope?, Variables, IReadOnlyDictionary<string, object?>> Of(
        Collection collection, IEnumerable<KeyValuePair<string, Argument>> given, ScopeType? source)
    {
        var read = new Dictionary<string, Func<Scope?, Variables, object?>>();
        foreach (var (name, argument) in given)
        {
            var type = collection.Arguments.GetValueOrDefault(name)
                ?? throw Problem.Unknown("argument", name, collection.Arguments.Keys, $"of {collection.Name}");
            read[name] = One(argument, type, source, $"The argument {name} of {collection.Name}");
        }

        foreach (var (name, type) in collection.Arguments.Where(a => !read.ContainsKey(a.Key)))
            read[name] = type.IsNullable ? (_, _) => null : throw new Problem(422, "argument_missing", $"{collection.Name} needs the argument {name}.", ("name", name));
        return (scope, variables) => read.ToDictionary(r => r.Key, r => r.Value(scope, variables));
    }

    /// <summary>Of a column: arrays take <c>limit</c>, the largest number of elements; others take none.</summary>
    /// <returns>Null: there is no limit.</returns>
    public static Func<Variables, int?>? Limit(string column, DataType type, IReadOnlyDictionary<string, Argument>? given)
    {
        if (given is not { Count: > 0 })
            return null;
        if (given.Keys.FirstOrDefault(name => name != "limit" || type.Known is not ArrayType) is { } unknown)
            throw Problem.Unknown("argument", unknown, type.Known is ArrayType ? ["limit"] : [], $"of the column {column}");
        var value = One(given["limit"], limit, null, $"The argument limit of the column {column}");
        return variables => (int?)value(null, variables) is { } count
            ? count >= 0 ? count : throw Problem.Unfit("bad_value", $"The argument limit of the column {column} must not be negative.")
            : null;
    }
}
