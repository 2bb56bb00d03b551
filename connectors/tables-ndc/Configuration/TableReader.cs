using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Configuration;

/// <summary>The rows of one CSV file. Its first record names the columns; an empty cell is null where the type allows, else an empty text.</summary>
internal sealed class TableReader(string path, ObjectType type, List<string> errors)
{
    /// <summary>More than these of one file would hide the others'.</summary>
    private const int MostErrors = 10;

    private readonly int before = errors.Count;

    /// <returns>Null: it can't be read; the errors say why.</returns>
    public Table? Read(Dictionary<string, List<string>> keys)
    {
        if (!File.Exists(path))
        {
            Say("file_missing", path, "there is no such file");
            return null;
        }

        var rows = new List<Row>();
        try
        {
            using var reader = new StreamReader(path);
            int[]? order = null;
            foreach (var (line, cells) in Csv.Read(reader))
            {
                if (order is null)
                    order = Header(cells, line);
                else
                    rows.Add(Record(cells, order, line));
                if (errors.Count - before >= MostErrors)
                    return null;
            }

            if (order is null)
                Say("header_missing", path, "the file is empty; its first line must name the columns");
        }
        catch (FormatException e)
        {
            Say("csv_invalid", path, e.Message);
        }

        CheckKeys(keys, rows);
        return errors.Count == before ? new(type, keys.ToDictionary(k => k.Key, k => (IReadOnlyList<string>)k.Value), [.. rows]) : null;
    }

    private void Say(string code, string where, string what) => errors.Add($"{code}: {where}: {what}");

    private int[] Header(IReadOnlyList<string> names, int line)
    {
        if (type.Fields.Count == 0)
        {
            foreach (var name in names.Distinct())
                type.Add(new(name, DataType.Of("String").OrNull));
        }

        foreach (var unknown in names.Where(n => type.Find(n) < 0))
            Say("unknown_column", $"{path}:{line}", $"{type.Name} has no {unknown}; the nearest is {Nearest.To(unknown, type.Fields.Select(f => f.Name))}");
        foreach (var twice in names.GroupBy(n => n).Where(g => g.Count() > 1))
            Say("column_twice", $"{path}:{line}", $"{twice.Key} stands there {twice.Count()} times");
        foreach (var missing in type.Fields.Where(f => !names.Contains(f.Name)))
            Say("column_missing", $"{path}:{line}", $"the column {missing.Name} of {type.Name} is not there");
        return [.. names.Select(type.Find)];
    }

    private Row Record(IReadOnlyList<string> cells, int[] order, int line)
    {
        var values = new object?[type.Fields.Count];
        if (cells.Count != order.Length)
        {
            Say("cells_wrong", $"{path}:{line}", $"{cells.Count} cells where the first line names {order.Length} columns");
            return new(type, values);
        }

        for (var i = 0; i < cells.Count; i++)
        {
            if (order[i] < 0)
                continue;
            var field = type.Fields[order[i]];
            try
            {
                values[order[i]] = Cell(cells[i], field.Type, field.Name);
            }
            catch (Exception e) when (e is Problem or JsonException)
            {
                Say((e as Problem)?.Code ?? "bad_json", $"{path}:{line}", e is Problem ? e.Message : $"{field.Name} must be {field.Type} in JSON: {e.Message}");
            }
        }

        return new(type, values);
    }

    private static object? Cell(string text, DataType type, string column)
    {
        if (text.Length == 0 && type.IsNullable)
            return null;
        if (type.Known is ScalarDataType { Scalar: var scalar })
            return scalar.FromText(text) ?? throw Problem.Unfit("bad_value", $"{column} must be {type}, not {(text.Length > 60 ? text[..60] + "…" : text)}");
        using var json = JsonDocument.Parse(text);
        return Values.FromJson(json.RootElement, type, column);
    }

    private void CheckKeys(Dictionary<string, List<string>> keys, List<Row> rows)
    {
        foreach (var (name, columns) in keys)
        {
            foreach (var unknown in columns.Where(c => type.Find(c) < 0))
                Say("unknown_column", path, $"the key {name} has the column {unknown}, and {type.Name} has none of this name");
            if (errors.Count > before)
                return;
            var indexes = columns.ConvertAll(type.IndexOf);
            var seen = new HashSet<object?>(Values.Sameness);
            foreach (var row in rows.Where(row => !seen.Add(indexes.Select(i => row[i]).ToArray())).Take(1))
                Say("key_twice", path, $"two rows have the same {string.Join(", ", indexes.Select(i => $"{type.Fields[i].Name} {row[i]}"))}, against the key {name}");
        }
    }
}
