namespace Platform.Connectors.Tables;

/// <summary>What somebody who mistyped a name most likely meant.</summary>
internal static class Nearest
{
    private const int LongestName = 100;

    /// <returns>Null: nothing to choose from, or the name is too long to be one of them mistyped.</returns>
    public static string? To(string name, IEnumerable<string> known) =>
        name.Length > LongestName ? null : known.MinBy(k => Distance(name, k));

    /// <summary>Levenshtein's: how many characters must be put in, left out or replaced.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 0; j < other.Length; j++)
            {
                var above = row[j + 1];
                row[j + 1] = Math.Min(Math.Min(above, row[j]) + 1, diagonal + (one[i] == other[j] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
