using System.Text.RegularExpressions;

namespace Platform.Installer.Images;

/// <summary>The instructions of a Dockerfile, as words.</summary>
internal static partial class DockerfileLines
{
    private const string OnBuild = "ONBUILD";

    /// <summary>
    /// Lines that go on behind the escape character are one; comments are none, wherever they stand; here-documents belong to their instruction and are
    /// left out. What ONBUILD is about counts as the instruction.
    /// </summary>
    /// <returns>With the line that each begins at, from 1 on; none is without words.</returns>
    public static IEnumerable<(int Line, string[] Words)> Of(string text)
    {
        var escape = Escape().Match(text) is { Success: true } match ? match.Groups[1].Value : "\\";
        var (whole, begin, documents) = ("", 0, new Queue<string>());
        foreach (var (position, line) in text.TrimStart('\ufeff').Split('\n').Select(line => line.Trim()).Index())
        {
            if (documents.TryPeek(out var end))
            {
                if (line == end) documents.Dequeue();
                continue;
            }
            if (line.Length == 0 || line[0] == '#') continue;
            if (whole.Length == 0) begin = position + 1;
            var goesOn = line.EndsWith(escape, StringComparison.Ordinal);
            whole += goesOn ? line[..^1] + " " : line;
            if (goesOn) continue;
            if (Words(whole) is { Length: > 0 } words)
            {
                foreach (var word in words)
                    if (HereDocument(word) is { } name) documents.Enqueue(name);
                yield return (begin, words);
            }
            whole = "";
        }
        if (Words(whole) is { Length: > 0 } last) yield return (begin, last);
    }

    /// <summary>What the here-document ends with that this word begins; null: it begins none.</summary>
    public static string? HereDocument(string word) => Document().Match(word) is { Success: true } match ? match.Groups[1].Value : null;

    private static string[] Words(string line)
    {
        var words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && words[0].Equals(OnBuild, StringComparison.OrdinalIgnoreCase) ? words[1..] : words;
    }

    [GeneratedRegex("^[0-9]*<<-?[\"']?([A-Za-z_][A-Za-z0-9_.]*)[\"']?\\z")]
    private static partial Regex Document();

    [GeneratedRegex(@"\A(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*([\\`])\s*(?:\n|\z)", RegexOptions.IgnoreCase)]
    private static partial Regex Escape();
}
