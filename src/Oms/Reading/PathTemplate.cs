using System.Text.RegularExpressions;

namespace Platform.Oms.Reading;

/// <summary>Paths and URLs with names in braces.</summary>
internal static partial class PathTemplate
{
    /// <summary>With a slash at its beginning, without a fragment, with single braces.</summary>
    public static string Rooted(Section section, string path)
    {
        if (path.IndexOf('#', StringComparison.Ordinal) is >= 0 and var hash)
        {
            section.Warn(section["path"]!, "fragment", "path", "What follows # never reaches a server; it is left out.");
            path = path[..hash];
        }

        if (path.StartsWith('/')) return SingleBraces(section, "path", path);
        section.Warn(section["path"] ?? section.At, "relative_path", "path", "A path begins with a slash; one is put before it.");
        return SingleBraces(section, "path", "/" + path);
    }

    public static string SingleBraces(Section section, string key, string text)
    {
        if (DoubleBraces().IsMatch(text)) section.Warn(section[key]!, "double_braces", key, "A name in a path has one pair of braces; {{name}} is taken for {name}.");
        var single = Braces().Replace(DoubleBraces().Replace(text, "{$1}"), "{$1}");
        if (Braces().Replace(single, "").AsSpan().ContainsAny('{', '}')) section.Warn(section[key]!, "stray_brace", key, "A brace without its other half, or without a name, is sent as it is.");
        if (key == "path" && single.Contains('?', StringComparison.Ordinal)) section.Warn(section[key]!, "query_in_path", key, "A path has no query; name arguments that are in query.");
        return single;
    }

    public static IReadOnlyList<string> Names(string text) => [.. Braces().Matches(text).Select(m => m.Groups[1].Value).Distinct()];

    public static string WithoutNames(string text, string with) => Braces().Replace(text, with);

    [GeneratedRegex(@"\{\{\s*([^{}]*[^{}\s])\s*\}\}", RegexOptions.NonBacktracking)]
    private static partial Regex DoubleBraces();

    [GeneratedRegex(@"\{\s*([^{}\s]|[^{}\s][^{}]*[^{}\s])\s*\}", RegexOptions.NonBacktracking)]
    private static partial Regex Braces();
}
