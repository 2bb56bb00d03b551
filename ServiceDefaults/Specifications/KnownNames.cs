namespace Platform.ServiceDefaults;

/// <summary>What to say of a name that nobody knows: typing errors are the usual reason.</summary>
public static class KnownNames
{
    private const int Shown = 10;
    // Longer names are not typed by hand, and would take long to compare.
    private const int LongestTyped = 255;

    /// <summary>Which name may be meant, as a sentence; else which are known.</summary>
    /// <param name="shown">So many of them; of lists of our own, all.</param>
    public static string Suggest(IReadOnlyList<string> names, string name, int shown = Shown) =>
        names.Count == 0 ? "None is known here."
        : Nearest(names, name) is { } nearest ? $"Is {nearest} meant?"
        : $"Known are {string.Join(", ", names.Take(shown))}{(names.Count > shown ? " and more" : "")}.";

    /// <summary>Null: none is near.</summary>
    public static string? Nearest(IReadOnlyList<string> names, string name)
    {
        var nearest = name.Length > LongestTyped ? null : names.MinBy(known => Distance(known, name));
        return nearest is not null && Distance(nearest, name) <= Math.Max(1, Math.Min(name.Length, nearest.Length) / 3) ? nearest : null;
    }

    /// <summary>How many letters have to be put in, taken out or changed; upper and lower case are one, as are '-', '_' and nothing.</summary>
    private static int Distance(string one, string other)
    {
        (one, other) = (Simple(one), Simple(other));
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    private static string Simple(string name) => name.ToLowerInvariant().Replace("-", "").Replace("_", "");
}
