using YamlDotNet.Core;

namespace Platform.Oms.Yaml;

/// <summary>What the parser refuses, in words for the author.</summary>
internal static class MalformedYaml
{
    public static OmsFormatException Explain(string fileName, string text, YamlException e)
    {
        var lines = text.TrimEnd('\n').Split('\n');
        // The library tells where the surroundings begin. A tab further on is to blame if all before it is well-formed.
        var tabbed = Array.FindIndex(lines, Math.Clamp((int)e.Start.Line - 1, 0, lines.Length), line => Indent(line).Contains('\t'));
        if (tabbed >= 0 && IsWellFormed(string.Join('\n', lines[..tabbed])))
            return new OmsFormatException(
                "tab", fileName, tabbed + 1, Indent(lines[tabbed]).IndexOf('\t') + 1, "The line is indented by a tab.", "Indent with spaces: YAML allows no tabs there.");

        return new OmsFormatException(
            "malformed_yaml", fileName, Math.Clamp((int)e.Start.Line, 0, lines.Length), (int)e.Start.Column,
            $"The description is not well-formed YAML: {e.Message.TrimEnd('.')}.", "Correct the line, or one shortly before it.");
    }

    private static ReadOnlySpan<char> Indent(string line) => line.AsSpan(0, line.Length - line.AsSpan().TrimStart(" \t").Length);

    private static bool IsWellFormed(string text)
    {
        try
        {
            for (var parser = ParserOf(text); parser.MoveNext();)
            {
            }

            return true;
        }
        catch (Exception e) when (Is(e))
        {
            return false;
        }
    }

    public static Parser ParserOf(string text) => new(new Scanner(new StringReader(text), skipComments: true));

    // The library's scanner has other ends than its own for a few malformed tags, anchors and directives.
    public static bool Is(Exception e) =>
        e is YamlException or ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException;
}
