using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Platform.Installer.Packages;

/// <summary>A stranger's YAML as nodes with their places.</summary>
internal static class MetadataYaml
{
    private const int MaxDepth = 64;

    /// <exception cref="InstallFailedException"><c>metadata_malformed</c>.</exception>
    public static YamlMappingNode Read(string text)
    {
        text = text.TrimStart('\ufeff');
        try
        {
            // The library's tree is built by calls in calls: its depth is looked at before.
            var (depth, parser) = (0, new Parser(new StringReader(text)));
            while (parser.MoveNext())
                if ((depth += parser.Current!.NestingIncrease) > MaxDepth) throw PackageErrors.MetadataMalformed(Line(parser.Current.Start), $"it is nested more than {MaxDepth} levels deep");
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents switch
            {
                [{ RootNode: YamlMappingNode root }, ..] => root,
                [{ RootNode: var other }, ..] when !other.IsNull() => throw PackageErrors.MetadataMalformed(Line(other.Start), "it is no mapping"),
                _ => throw PackageErrors.MetadataMalformed("", "it is empty"),
            };
        }
        catch (YamlException e)
        {
            throw PackageErrors.MetadataMalformed(Line(e.Start), e.Message.TrimEnd('.'));
        }
        // The library's scanner has other ends than its own for a few malformed tags, anchors and directives.
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw PackageErrors.MetadataMalformed("", "it can't be read");
        }
    }

    /// <summary>Null when absent, and when nothing stands there.</summary>
    public static YamlNode? Find(this YamlMappingNode map, string key) =>
        map.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode { Value: var name } && name == key).Value is { } value && !value.IsNull() ? value : null;

    public static bool IsNull(this YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    public static string Kind(this YamlNode node) => node switch { YamlMappingNode => "a mapping", YamlSequenceNode => "a list", _ => "a single value" };

    public static string Line(Mark mark) => mark.Line > 0 ? $", line {mark.Line}, column {mark.Column}" : "";
}
