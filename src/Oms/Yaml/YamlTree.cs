using Platform.Oms.Reading;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Platform.Oms.Yaml;

/// <summary>
/// Nodes from the parser's events. The library's own tree refuses duplicate keys and expands aliases without a limit; here the last of
/// equal keys and anchors wins, with a warning, and what an alias stands for is counted each time.
/// </summary>
internal sealed class YamlTree
{
    private const int MaxDepth = 64;

    /// <summary>With everything that aliases and merge keys repeat.</summary>
    private const int MaxNodes = 100_000;

    private readonly string fileName;
    private readonly IParser parser;
    private readonly Findings findings;
    private readonly Dictionary<string, (YamlNode Node, int Size)?> anchors = [];
    private int depth;

    private YamlTree(string fileName, IParser parser, Findings findings) => (this.fileName, this.parser, this.findings) = (fileName, parser, findings);

    /// <exception cref="OmsFormatException">It is no YAML, no mapping, or more than is allowed.</exception>
    public static YamlMap Read(string fileName, string text, Findings findings)
    {
        try
        {
            return new YamlTree(fileName, MalformedYaml.ParserOf(text), findings).ReadDocument();
        }
        catch (Exception e) when (MalformedYaml.Is(e))
        {
            throw MalformedYaml.Explain(fileName, text, e as YamlException ?? new YamlException("it can't be read"));
        }
    }

    private YamlMap ReadDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _)) throw Refuse("empty_document", null, "The description is empty.", "Describe the service: oms: 1, info and actions.");
        parser.Consume<DocumentStart>();
        var root = ReadNode().Node;
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var next))
            findings.Add(At(next.Start), "more_documents", "", "Only the first document of the file is read.");
        return root switch
        {
            YamlMap map => map,
            YamlScalar { IsNull: true } => throw Refuse("empty_document", null, "The description is empty.", "Describe the service: oms: 1, info and actions."),
            _ => throw Refuse("not_a_mapping", root, $"The description is {root.Kind}, not a mapping.", "Begin with keys such as oms, info and actions."),
        };
    }

    private (YamlNode Node, int Size) ReadNode()
    {
        var node = (NodeEvent?)null;
        if (parser.TryConsume<AnchorAlias>(out var alias)) return Resolve(alias);
        if (!parser.Accept<NodeEvent>(out node)) throw new YamlException("a value was expected");
        if (++depth > MaxDepth) throw Refuse("too_deep", At(node.Start), $"The description is nested more than {MaxDepth} levels deep.", "Make it flatter.");
        var name = node.Anchor.IsEmpty ? null : node.Anchor.Value;
        if (name is not null)
        {
            if (anchors.ContainsKey(name)) findings.Add(At(node.Start), "duplicate_anchor", "", $"The anchor {name} is set again; from here on it means this.");
            // Until its end there is nothing that an alias could mean.
            anchors[name] = null;
        }

        var read = node switch
        {
            SequenceStart start => ReadList(start),
            MappingStart start => ReadMap(start),
            _ => ReadScalar(parser.Consume<Scalar>()),
        };
        depth--;
        Count(read.Size, read.Node);
        if (name is not null) anchors[name] = read;
        return read;
    }

    private static (YamlNode Node, int Size) ReadScalar(Scalar scalar) =>
        (new YamlScalar((int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, IsText(scalar)), 1);

    private static bool IsText(Scalar scalar) => !scalar.IsPlainImplicit && (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific || scalar.Tag.Value == "tag:yaml.org,2002:str");

    private (YamlNode Node, int Size) ReadList(SequenceStart start)
    {
        parser.Consume<SequenceStart>();
        var (items, size) = (new List<YamlNode>(), 1);
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            var item = ReadNode();
            items.Add(item.Node);
            Count(size += item.Size, item.Node);
        }

        return (new YamlList((int)start.Start.Line, (int)start.Start.Column, items), size);
    }

    private (YamlNode Node, int Size) ReadMap(MappingStart start)
    {
        parser.Consume<MappingStart>();
        var (map, size) = (new YamlMapBuilder(At(start.Start), findings), 1);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode();
            var value = ReadNode();
            // A merge has no more nodes than what it merges.
            Count(size += key.Size + value.Size, key.Node);
            if (key.Node is YamlScalar scalar) map.Add(scalar, value.Node);
            else findings.Add(key.Node, "key_not_text", "", $"A key that is {key.Node.Kind} is left out.");
        }

        return (map.Build(), size);
    }

    private (YamlNode Node, int Size) Resolve(AnchorAlias alias)
    {
        var (name, at) = (alias.Value.Value, At(alias.Start));
        if (anchors.TryGetValue(name, out var found) && found is { } node) return node;
        findings.Add(at, "unknown_anchor", "", anchors.ContainsKey(name) ? $"*{name} stands within what it means, and is left out." : $"There is no anchor {name} before this; it is left out.");
        return (at, 1);
    }

    private void Count(int size, YamlNode at)
    {
        if (size > MaxNodes)
            throw Refuse("too_many_nodes", at, $"The description has more than {MaxNodes} values, with those that aliases repeat.", "Repeat less by aliases.");
    }

    private static YamlScalar At(in Mark mark) => new((int)mark.Line, (int)mark.Column, "", IsText: false);

    private OmsFormatException Refuse(string code, YamlNode? at, string message, string remedy) => new(code, fileName, at?.Line ?? 0, at?.Column ?? 0, message, remedy);
}
