using Platform.Installer.Images;
using YamlDotNet.RepresentationModel;

namespace Platform.Installer.Packages;

/// <summary>What a package can be asked to do without its server: <c>commands</c>. One that can't be used is left out, with a warning.</summary>
internal static class MetadataCommands
{
    // It never ends, and watches the files of somebody who edits them.
    private const string Watch = "watch";

    /// <returns>Those that can be used, and why the others can't.</returns>
    public static (IReadOnlyDictionary<string, MetadataCommand> Commands, IReadOnlyDictionary<string, string> Unusable) Read(YamlMappingNode root, MetadataFindings findings)
    {
        var (commands, unusable) = (new Dictionary<string, MetadataCommand>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));
        if (root.Find("commands") is not { } node) return (commands, unusable);
        if (node is not YamlMappingNode map)
        {
            findings.Error("wrong_type", node, $"commands is {node.Kind()}, not a mapping");
            return (commands, unusable);
        }
        foreach (var (key, value) in map.Children)
        {
            if (key is not YamlScalarNode { Value: { Length: > 0 } and not Watch } name || value.IsNull()) continue;
            var (command, why) = ReadOne(value);
            if (command is not null)
            {
                commands[name.Value!] = command;
                continue;
            }
            unusable[name.Value!] = why;
            findings.Warn("command_unusable", value, $"the command {name.Value} is left out: {why}");
        }
        return (commands, unusable);
    }

    private static (MetadataCommand?, string Why) ReadOne(YamlNode node) => node switch
    {
        YamlScalarNode { Value: var line } => string.IsNullOrWhiteSpace(line) ? (null, "it is empty") : (new(null, null, line), ""),
        YamlMappingNode map => Word(map, "type") switch
        {
            "Dockerized" => Dockerized(map),
            "ShellScript" => Word(map, "bash") is { Length: > 0 } bash ? (new(null, null, bash), "") : (null, "it has no line for bash"),
            var type => (null, $"its type is '{type}'; known are Dockerized and ShellScript"),
        },
        _ => (null, "it is a list"),
    };

    private static (MetadataCommand?, string Why) Dockerized(YamlMappingNode map)
    {
        var image = Word(map, "dockerImage");
        if (string.IsNullOrWhiteSpace(image) || !ImageReference.IsOne(image)) return (null, $"its dockerImage '{image}' is no reference of an image");
        return map.Find("commandArgs") switch
        {
            null => (new(image, [], null), ""),
            YamlSequenceNode list when list.Children.All(item => item is YamlScalarNode) => (new(image, [.. list.Children.Select(item => ((YamlScalarNode)item).Value ?? "")], null), ""),
            _ => (null, "its commandArgs are no list of texts"),
        };
    }

    private static string? Word(YamlMappingNode map, string key) => (map.Find(key) as YamlScalarNode)?.Value;
}
