namespace Platform.Connectors.Tables.Schema;

/// <summary>The columns of a table, or the members of a nested object.</summary>
internal sealed class ObjectType(string name, string? description = null)
{
    /// <summary>The one column of functions and of arrays of scalars, as the specification names it.</summary>
    public const string ValueColumn = "__value";

    private readonly Dictionary<string, int> indexes = [];

    public string Name => name;

    public string? Description => description;

    public List<Field> Fields { get; } = [];

    public Dictionary<string, ForeignKey> ForeignKeys { get; } = [];

    /// <summary>Fields come after the types, as types may name each other.</summary>
    public void Add(Field field)
    {
        indexes.Add(field.Name, Fields.Count);
        Fields.Add(field);
    }

    /// <returns>-1: there is none.</returns>
    public int Find(string field) => indexes.GetValueOrDefault(field, -1);

    /// <exception cref="Problem">422: there is none.</exception>
    public int IndexOf(string field) =>
        indexes.TryGetValue(field, out var index) ? index : throw Problem.Unknown("column", field, Fields.Select(f => f.Name), $"in {name}");

    /// <summary>Rows that have nothing but a value.</summary>
    public static ObjectType OfValue(string name, DataType value)
    {
        var type = new ObjectType(name);
        type.Add(new(ValueColumn, value));
        return type;
    }
}

internal sealed record Field(string Name, DataType Type, string? Description = null);

/// <param name="Columns">Column here to column there.</param>
internal sealed record ForeignKey(string Collection, IReadOnlyDictionary<string, string> Columns);
