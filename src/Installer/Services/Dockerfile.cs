using System.Text.RegularExpressions;

namespace Platform.Installer.Services;

/// <summary>The little of a Dockerfile that has to be known before it is built: which images it begins with or copies from.</summary>
internal static partial class Dockerfile
{
    public const string FileName = "Dockerfile";
    private const string Nothing = "scratch";

    /// <returns>Each once. Left out are <c>scratch</c>, stages of its own, and what variables decide that only the build knows.</returns>
    public static IReadOnlyList<string> Images(string text)
    {
        var (images, stages, arguments, isFirst) = (new List<string>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, string>(StringComparer.Ordinal), true);
        foreach (var words in Instructions(text))
        {
            switch (words[0].ToUpperInvariant())
            {
                // Only those before the first FROM are known in a FROM.
                case "ARG" when isFirst:
                    foreach (var pair in words.Skip(1).Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2))
                        arguments[pair[0]] = pair[1].Trim('"', '\'');
                    break;
                case "FROM":
                    isFirst = false;
                    var rest = words.Skip(1).Where(word => !word.StartsWith("--", StringComparison.Ordinal)).ToList();
                    if (rest.Count == 0) break;
                    Add(Resolve(rest[0], arguments));
                    if (rest.Count >= 3 && rest[1].Equals("AS", StringComparison.OrdinalIgnoreCase)) stages.Add(rest[2]);
                    break;
                case "COPY":
                    const string from = "--from=";
                    if (words.FirstOrDefault(word => word.StartsWith(from, StringComparison.Ordinal)) is { } option && !int.TryParse(option[from.Length..], out _))
                        Add(Resolve(option[from.Length..], arguments));
                    break;
            }
        }
        return images;

        void Add(string image)
        {
            if (image.Length > 0 && image != Nothing && !image.Contains('$') && !stages.Contains(image) && !images.Contains(image)) images.Add(image);
        }
    }

    private static string Resolve(string word, Dictionary<string, string> arguments) => Variable().Replace(word, match =>
        arguments.TryGetValue(match.Groups["name"].Value, out var value) && value.Length > 0 ? value
        : match.Groups["default"] is { Success: true, Value: var fallback } ? fallback : match.Value);

    // Lines that go on behind the escape character are one; comments are none, wherever they stand.
    private static IEnumerable<string[]> Instructions(string text)
    {
        var escape = Escape().Match(text) is { Success: true } match ? match.Groups[1].Value : "\\";
        var whole = "";
        foreach (var line in text.TrimStart('\ufeff').Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var goesOn = line.EndsWith(escape, StringComparison.Ordinal);
            whole += goesOn ? line[..^1] + " " : line;
            if (goesOn) continue;
            if (Words(whole) is { Length: > 0 } words) yield return words;
            whole = "";
        }
        if (Words(whole) is { Length: > 0 } last) yield return last;
    }

    private static string[] Words(string line) => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"\$(?:\{(?<name>\w+)(?::-(?<default>[^}]*))?\}|(?<name>\w+))")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\A(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*([\\`])\s*(?:\n|\z)", RegexOptions.IgnoreCase)]
    private static partial Regex Escape();
}
