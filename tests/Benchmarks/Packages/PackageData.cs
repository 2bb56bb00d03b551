using System.Globalization;
using System.Text;

namespace Platform.Benchmarks.Packages;

/// <summary>Two tables of <c>connectors/tables-ndc</c>, a large and a small one: a number, a name and an amount in each row.</summary>
internal static class PackageData
{
    public const string Table = "rows", Small = "few", Key = "id";
    private const int SmallRows = 100;
    public static readonly string[] Columns = [Key, "name", "amount"];

    /// <returns>The folder, which anybody may read.</returns>
    public static string Write(string folder, int rows)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "tables.json"), """
            {
              "types": {"row": {"description": "A row", "fields": {"id": {"type": "Int"}, "name": {"type": "String"}, "amount": {"type": "Int"}}}},
              "tables": {
                "rows": {"description": "Rows", "type": "row", "keys": {"RowByID": ["id"]}},
                "few": {"description": "Rows", "type": "row", "keys": {"FewByID": ["id"]}}
              }
            }
            """);
        File.WriteAllText(Path.Combine(folder, $"{Table}.csv"), Csv(rows));
        File.WriteAllText(Path.Combine(folder, $"{Small}.csv"), Csv(SmallRows));
        return folder;
    }

    private static string Csv(int rows)
    {
        var text = new StringBuilder("id,name,amount\n");
        for (var id = 1; id <= rows; id++)
            text.Append(CultureInfo.InvariantCulture, $"{id},The row with the number {id} of {rows},{id * 7919L % 100_003}\n");
        return text.ToString();
    }
}
