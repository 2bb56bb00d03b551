using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Data;

/// <summary>A row of a table, or a nested object: its values in the order of its type's fields.</summary>
internal sealed class Row(ObjectType type, object?[] values)
{
    public ObjectType Type => type;

    public object? this[int field] => values[field];
}
