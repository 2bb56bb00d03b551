using System.Text.RegularExpressions;
using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads commands: those of the lifecycle, and the command interface with its older shapes.</summary>
internal static partial class CommandReader
{
    /// <summary>Stands for the JSON of all arguments, in templates of 2018.</summary>
    internal const string JsonWord = "<json>";

    /// <summary>Null: there is none, or it can't be read, which is a warning.</summary>
    public static IReadOnlyList<string>? Words(Findings findings, YamlNode? node, string path)
    {
        switch (node)
        {
            case null or YamlScalar { IsNull: true }: return null;
            case YamlScalar scalar: return NotEmpty(findings, node, path, Split(findings, scalar, path));
            case YamlList list when list.Items.FirstOrDefault(item => item is not YamlScalar { IsNull: false }) is { } odd:
                findings.Add(odd, "wrong_kind", path, $"A command is a list of texts, and this is {odd.Kind}; the command is left out.");
                return null;
            case YamlList list: return NotEmpty(findings, node, path, [.. list.Items.Cast<YamlScalar>().Select(item => item.Value)]);
            default:
                findings.Add(node, "wrong_kind", path, $"A command is a list of texts or a text, not {node.Kind}; it is left out.");
                return null;
        }
    }

    /// <param name="key">Where the action has it: <c>format</c>, or <c>command</c> and <c>run</c> in old files.</param>
    public static (OmsCommand? Command, string? Unusable) Read(Section action, string key, IReadOnlyList<DeclaredArgument> arguments)
    {
        var node = action[key]!;
        if (key != "format") action.Warn(action.KeyOf(key), "old_shape", key, $"{key} is taken for format.command.");
        if (key == "format" && node is YamlScalar template) return Template(action, template, arguments);
        var (path, port) = (action.PathOf(key), false);
        if (node is YamlMap)
        {
            var nested = action.Child(key, Vocabulary.Command)!;
            (node, path, port) = (nested["command"], nested.PathOf("command"), nested["port"] is not null);
        }

        if (port) return (null, $"Its {key} starts a server, and there is no http to say what is asked of it.");
        return Words(action.Findings, node, path) is { } argv ? (new OmsCommand(argv), null) : (null, $"Its {key} has no command that could be run.");
    }

    // format: one {before} {after}
    private static (OmsCommand?, string?) Template(Section action, YamlScalar template, IReadOnlyList<DeclaredArgument> arguments)
    {
        action.Warn(template, "old_shape", "format", "format is a mapping with command; this is taken for a template of its words.");
        if (NotEmpty(action.Findings, template, action.PathOf("format"), Split(action.Findings, template, action.PathOf("format"), isTemplate: true)) is not { } words)
            return (null, "Its format has no command that could be run.");
        var names = words.SelectMany(word => Placeholder().Matches(word).Select(m => m.Groups[1].Value)).ToList();
        if (names.Count == 0 && !words.SkipLast(1).Contains(JsonWord)) return (new OmsCommand(words[^1] == JsonWord ? [.. words.SkipLast(1)] : words), null);
        return names.FirstOrDefault(name => arguments.All(a => a.Named.Name != name)) is { } open
            ? (null, $"Its format has {{{open}}}, and there is no such argument.{Spelling.Hint(open, arguments.Select(a => a.Named.Name))}")
            : (new OmsCommand(words, Template: true), null);
    }

    private static IReadOnlyList<string> Split(Findings findings, YamlScalar scalar, string path, bool isTemplate = false)
    {
        if (!isTemplate && Shell().IsMatch(scalar.Value))
            findings.Add(scalar, "shell_syntax", path, """No shell reads the command, so its operators and variables are words like others. Say ["sh", "-c", "…"] for a shell.""");
        if (WordSplitter.Split(scalar.Value) is { } words) return words;
        findings.Add(scalar, "open_quote", path, "A quote of the command is open at its end; it is split at its spaces alone.");
        return scalar.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static IReadOnlyList<string>? NotEmpty(Findings findings, YamlNode at, string path, IReadOnlyList<string> words)
    {
        if (words.Count > 0 && words[0].Length > 0 && !words.Any(word => word.Contains('\0', StringComparison.Ordinal))) return words;
        findings.Add(at, "empty_command", path, words.Count == 0 || words[0].Length == 0 ? "The command is empty." : "The command has a zero byte; it is left out.");
        return null;
    }

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")]
    internal static partial Regex Placeholder();

    [GeneratedRegex(@"&&|\|\||[|;<>`]|\$[A-Za-z_({]")]
    private static partial Regex Shell();
}
