namespace Platform.Oms.Reading;

/// <summary>Which word may be meant by one that nobody knows.</summary>
internal static class Spelling
{
    private const int LongestWord = 40;

    /// <summary>One slip of the fingers in a word of four letters or more, or another way to write two words: it is clear what is meant.</summary>
    public static string? Sure(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord) return null;
        var candidates = known.Where(k => Plain(k) == Plain(word) || k.Length >= 4 && Distance(word, k) == 1).Take(2).ToList();
        return candidates.Count == 1 ? candidates[0] : null;
    }

    /// <summary>What is nearest, where it is near enough to be worth a question.</summary>
    public static string? Guess(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord) return null;
        var nearest = known.MinBy(k => Distance(Plain(word), Plain(k)));
        return nearest is not null && Distance(Plain(word), Plain(nearest)) <= Math.Max(1, word.Length / 3) ? nearest : null;
    }

    /// <summary>As a part of a message: empty where nothing is near.</summary>
    public static string Hint(string word, IEnumerable<string> known) => Guess(word, known) is { } guess ? $" Is {guess} meant?" : "";

    // Camel, snake and kebab case are one.
    private static string Plain(string word) => word.ToLowerInvariant().Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);

    /// <summary>Letters put in, left out, replaced, or two neighbours exchanged.</summary>
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
