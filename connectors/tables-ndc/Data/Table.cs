using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Data;

/// <summary>The rows of a CSV file, in memory. Procedures change these, never the file.</summary>
internal sealed class Table(ObjectType type, IReadOnlyDictionary<string, IReadOnlyList<string>> keys, Row[] rows)
{
    private readonly Lock changing = new();
    private volatile Row[] rows = rows;

    public ObjectType Type => type;

    /// <summary>Name of a uniqueness constraint to its columns.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Keys => keys;

    /// <summary>As they are now; a change makes another array, so that whoever reads this one sees none.</summary>
    public Row[] Rows => rows;

    /// <summary>Replaces the row with the same values in the columns, else adds it at the end.</summary>
    /// <returns>The row as it was; null: there was none.</returns>
    public Row? Upsert(Row row, IReadOnlyList<string> key)
    {
        var columns = key.Select(type.IndexOf).ToArray();
        lock (changing)
        {
            var at = Array.FindIndex(rows, r => columns.All(c => Values.AreEqual(r[c], row[c])));
            if (at < 0)
            {
                rows = [.. rows, row];
                return null;
            }

            var (before, changed) = (rows[at], (Row[])rows.Clone());
            changed[at] = row;
            rows = changed;
            return before;
        }
    }

    /// <returns>The rows that are gone.</returns>
    public Row[] Delete(Func<Row, bool> matches)
    {
        lock (changing)
        {
            var gone = rows.Where(matches).ToHashSet();
            var before = rows;
            rows = [.. before.Where(r => !gone.Contains(r))];
            return [.. before.Where(gone.Contains)];
        }
    }
}
