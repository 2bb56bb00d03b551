using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Configuration;

/// <summary>The types of tables.json.</summary>
internal sealed class TypesReader(Dictionary<string, ObjectType> types, List<string> errors)
{
    public void Read(Dictionary<string, TypeEntry> entries)
    {
        foreach (var (name, entry) in entries)
        {
            if (Scalars.All.ContainsKey(name))
                errors.Add($"name_taken: types.{name}: this is a scalar type");
            types.Add(name, new(name, entry.Description));
        }

        // Only now, as types may name each other.
        foreach (var (name, entry) in entries)
        {
            foreach (var (field, said) in entry.Fields)
                Add(types[name], field, said);
            foreach (var (key, said) in entry.ForeignKeys ?? [])
                Add(types[name], key, said);
        }
    }

    private void Add(ObjectType type, string field, FieldEntry entry)
    {
        if (DataType.Parse(entry.Type, types) is { } parsed)
        {
            type.Add(new(field, parsed, entry.Description));
            return;
        }

        var name = entry.Type.Trim('[', ']', '?', ' ');
        var nearest = Nearest.To(name, [.. Scalars.All.Keys, .. types.Keys]);
        errors.Add($"unknown_type: types.{type.Name}.fields.{field}: {entry.Type} is no type, such as Int, [String] or {nearest}?");
    }

    private void Add(ObjectType type, string key, ForeignKeyEntry entry)
    {
        foreach (var column in entry.Columns.Keys.Where(c => type.Find(c) < 0))
            errors.Add($"unknown_column: types.{type.Name}.foreign_keys.{key}: {type.Name} has no field {column}");
        type.ForeignKeys.Add(key, new(entry.Collection, entry.Columns));
    }
}
