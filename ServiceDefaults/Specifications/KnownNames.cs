namespace Platform.ServiceDefaults;

/// <summary>What to say of a name that nobody knows: typing errors are the usual reason.</summary>
internal static class KnownNames
{
    private const int Shown = 10;

    public static string Hint(IReadOnlyList<Parameter> parameters, string name)
    {
        if (parameters.Count == 0) return "There is no such field; none is known here.";
        // Longer names are not typed by hand, and would take long to compare.
        var nearest = name.Length > 255 ? null : parameters.Select(p => (p.Name, Distance: Distance(p.Name, name))).MinBy(p => p.Distance).Name;
        if (nearest is not null && Distance(nearest, name) <= Math.Max(1, Math.Min(name.Length, nearest.Length) / 3))
            return $"There is no such field. Is {nearest} meant?";
        return $"There is no such field. Known are {string.Join(", ", parameters.Take(Shown).Select(p => p.Name))}{(parameters.Count > Shown ? " and more" : "")}.";
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
