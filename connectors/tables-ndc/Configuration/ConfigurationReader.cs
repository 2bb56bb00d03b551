using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Configuration;

/// <summary>Makes the catalog of a folder: <see cref="TablesFile"/> and the CSV files in it. Folders in it, <c>.hasura</c> above all, are not looked into.</summary>
internal sealed class ConfigurationReader(string directory)
{
    private readonly List<string> errors = [];
    private readonly Dictionary<string, ObjectType> types = [];
    private readonly Dictionary<string, Collection> collections = [];
    private readonly Dictionary<string, Collection> functions = [];
    private readonly Dictionary<string, Procedure> procedures = [];

    /// <exception cref="BadConfiguration">With all that is wrong.</exception>
    public Catalog Read()
    {
        if (!Directory.Exists(directory))
            throw new BadConfiguration([$"configuration_missing: there is no folder {directory}; mount the folder with the CSV files there, or set {Settings.DirectoryVariable}"]);
        try
        {
            var file = ReadTablesFile();
            new TypesReader(types, errors).Read(file.Types ?? []);
            if (errors.Count == 0)
                ReadTables(file.Tables ?? []);
            if (errors.Count == 0)
                ReadRest(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"configuration_unreadable: {e.Message}");
        }

        if (errors.Count == 0 && collections.Count == 0)
            errors.Add($"configuration_empty: {directory} has no CSV file, and so nothing to serve");
        return errors.Count == 0 ? new(types, collections, functions, procedures) : throw new BadConfiguration(errors);
    }

    private TablesFile ReadTablesFile()
    {
        var path = Path.Combine(directory, TablesFile.Name);
        if (!File.Exists(path))
            return new();
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), TablesFileJson.Default.TablesFile) ?? new();
        }
        catch (JsonException e)
        {
            throw new BadConfiguration([$"tables_file_invalid: {path}: {e.Message}"]);
        }
    }

    private void ReadTables(Dictionary<string, TableEntry> entries)
    {
        foreach (var (name, entry) in entries)
        {
            if (types.TryGetValue(entry.Type, out var type))
                Add(name, entry.Description, Path.Combine(directory, entry.File ?? name + ".csv"), type, entry.Keys);
            else
                errors.Add($"unknown_type: tables.{name}: there is no type {entry.Type}{Suggest(entry.Type, types.Keys)}");
        }

        // Files that nobody says anything about are tables of texts.
        var said = entries.Select(e => e.Value.File ?? e.Key + ".csv").ToHashSet();
        foreach (var path in Directory.EnumerateFiles(directory, "*.csv").Where(p => !said.Contains(Path.GetFileName(p))).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (types.ContainsKey(name) || collections.ContainsKey(name))
            {
                errors.Add($"name_taken: {path}: {TablesFile.Name} has a type or a table of this name, but says nothing of the file");
                continue;
            }

            types.Add(name, new(name));
            Add(name, null, path, types[name], null);
        }
    }

    private void Add(string name, string? description, string path, ObjectType type, Dictionary<string, List<string>>? keys)
    {
        if (new TableReader(path, type, errors).Read(keys ?? []) is { } table)
            collections.Add(name, Collection.All(name, description, table));
    }

    private void ReadRest(TablesFile file)
    {
        foreach (var (name, entry) in file.Views ?? [])
            Try($"views.{name}", entry.Table, table => collections.Add(name, Collection.Where(name, entry.Description, table, entry.Where)));
        foreach (var (name, entry) in file.Functions ?? [])
            Try($"functions.{name}", entry.Table, table => functions.Add(name, Collection.Latest(name, entry.Description, table, entry.LatestBy, entry.Column)));
        foreach (var (name, entry) in file.Procedures ?? [])
        {
            if (entry.Action is not (Procedure.Upsert or Procedure.Delete))
                errors.Add($"unknown_action: procedures.{name}: action is upsert or delete, not {entry.Action}");
            else
                Try($"procedures.{name}", entry.Table, table => Add(name, entry, table));
        }

        foreach (var (type, key) in types.Values.SelectMany(t => t.ForeignKeys.Select(k => (t.Name, k.Value))))
            Try($"types.{type}.foreign_keys", key.Collection, table => key.Columns.Values.ToList().ForEach(column => table.Type.IndexOf(column)));
    }

    private void Add(string name, ProcedureEntry entry, Table table)
    {
        if (entry.Action == Procedure.Upsert && table.Keys.Count == 0)
            errors.Add($"key_missing: procedures.{name}: an upsert goes by a key, and tables.{entry.Table} has none");
        procedures.Add(name, new(name, entry.Description, table, entry.Action, entry.Argument, entry.ArgumentDescription));
    }

    private void Try(string where, string table, Action<Table> add)
    {
        try
        {
            if (collections.TryGetValue(table, out var collection))
                add(collection.Table);
            else
                errors.Add($"unknown_table: {where}: there is no table {table}{Suggest(table, collections.Keys)}");
        }
        catch (Exception e) when (e is Problem or ArgumentException)
        {
            errors.Add($"{(e as Problem)?.Code ?? "name_taken"}: {where}: {e.Message}");
        }
    }

    private static string Suggest(string name, IEnumerable<string> known) => Nearest.To(name, known) is { } nearest ? $"; the nearest is {nearest}" : "";
}
