namespace Platform.Documents;

/// <summary>A command of a bash block in the README or in docs; a line of its own, unless that is continued on the next.</summary>
/// <param name="Document">Relative to the checkout, such as <c>docs/cli.md</c>.</param>
/// <param name="Line">Where it begins, from 1.</param>
internal sealed record DocumentedCommand(string Document, int Line, string Text)
{
    public static IReadOnlyList<DocumentedCommand> All(string checkout) =>
        [.. Directory.EnumerateFiles(Path.Combine(checkout, "docs"), "*.md").Order(StringComparer.Ordinal).Prepend(Path.Combine(checkout, "README.md"))
            .SelectMany(path => Of(Path.GetRelativePath(checkout, path), File.ReadAllLines(path)))];

    public override string ToString() => $"{Document}:{Line}: {Text}";

    private static IEnumerable<DocumentedCommand> Of(string document, string[] lines)
    {
        var (inBash, begun, text) = (false, 0, "");
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                inBash = lines[i] == "```bash";
                continue;
            }

            if (!inBash || (text.Length == 0 && lines[i].Trim().Length == 0)) continue;
            if (text.Length == 0) begun = i + 1;
            text += lines[i];
            if (text.EndsWith('\\'))
            {
                text += "\n";
                continue;
            }

            yield return new(document, begun, text);
            text = "";
        }
    }
}
