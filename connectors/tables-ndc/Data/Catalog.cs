using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Data;

/// <summary>What the configuration says there is.</summary>
/// <param name="Collections">Tables and views, without functions.</param>
/// <param name="Functions">Collections of one row with one column, <see cref="ObjectType.ValueColumn"/>.</param>
internal sealed record Catalog(
    IReadOnlyDictionary<string, ObjectType> Types, IReadOnlyDictionary<string, Collection> Collections,
    IReadOnlyDictionary<string, Collection> Functions, IReadOnlyDictionary<string, Procedure> Procedures)
{
    /// <exception cref="Problem">422: there is none.</exception>
    public Collection Collection(string name) =>
        Collections.GetValueOrDefault(name) ?? Functions.GetValueOrDefault(name)
        ?? throw Problem.Unknown("collection", name, [.. Collections.Keys, .. Functions.Keys], "here");

    /// <exception cref="Problem">422: there is none.</exception>
    public Procedure Procedure(string name) =>
        Procedures.GetValueOrDefault(name) ?? throw Problem.Unknown("procedure", name, Procedures.Keys, "here");
}

/// <summary>Something that has rows: a table, a view of one with arguments, or a function.</summary>
/// <param name="Table">Where the rows come from.</param>
/// <param name="Keys">Name of a uniqueness constraint to its columns.</param>
/// <param name="Select">The rows for the values of the arguments.</param>
internal sealed record Collection(
    string Name, string? Description, ObjectType Type, Table Table, IReadOnlyDictionary<string, DataType> Arguments,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Keys, Func<Row[], IReadOnlyDictionary<string, object?>, Row[]> Select)
{
    private static readonly Dictionary<string, DataType> none = [];
    private static readonly Dictionary<string, IReadOnlyList<string>> noKeys = [];

    public static Collection All(string name, string? description, Table table) => new(name, description, table.Type, table, none, table.Keys, (rows, _) => rows);

    /// <summary>The rows whose columns have the values of the arguments.</summary>
    /// <param name="where">Argument to column.</param>
    public static Collection Where(string name, string? description, Table table, IReadOnlyDictionary<string, string> where)
    {
        var columns = where.Select(w => (Argument: w.Key, Column: table.Type.IndexOf(w.Value))).ToArray();
        return new(
            name, description, table.Type, table, columns.ToDictionary(c => c.Argument, c => table.Type.Fields[c.Column].Type), noKeys,
            (rows, arguments) => [.. rows.Where(row => columns.All(c => Values.AreEqual(row[c.Column], arguments[c.Argument])))]);
    }

    /// <summary>The row with the largest value in a column, or another column of that row; null where there is no row.</summary>
    /// <param name="column">Null: the whole row.</param>
    public static Collection Latest(string name, string? description, Table table, string by, string? column)
    {
        var (order, picked) = (table.Type.IndexOf(by), column is null ? -1 : table.Type.IndexOf(column));
        var type = ObjectType.OfValue(name, (picked < 0 ? new ObjectDataType(table.Type) : table.Type.Fields[picked].Type).OrNull);
        return new(name, description, type, table, none, noKeys, (rows, _) =>
        {
            var latest = rows.MaxBy(row => row[order], Values.Order);
            return [new(type, [picked < 0 ? latest : latest?[picked]])];
        });
    }
}

/// <param name="Action"><c>upsert</c>, or <c>delete</c> of what a predicate matches.</param>
/// <param name="Argument">The only one: the row, or the predicate.</param>
internal sealed record Procedure(string Name, string? Description, Table Table, string Action, string Argument, string? ArgumentDescription)
{
    public const string Upsert = "upsert";
    public const string Delete = "delete";

    public DataType ArgumentType => Action == Upsert ? new ObjectDataType(Table.Type) : new PredicateType(Table.Type);

    /// <summary>The row as it was, null where there was none; or the rows that are gone.</summary>
    public DataType ResultType => Action == Upsert ? new ObjectDataType(Table.Type).OrNull : new ArrayType(new ObjectDataType(Table.Type));
}
