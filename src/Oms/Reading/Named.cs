using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>One of things that their author names: an action, an argument, a variable.</summary>
/// <param name="At">Where its name stands.</param>
internal sealed record Named(string Name, YamlNode At, YamlNode Value, string Path)
{
    /// <summary>A mapping by names, as the specification has it, or a list of mappings with a <c>name</c>, or of names alone, as some have written.</summary>
    /// <param name="thing">For messages: <c>an action</c>.</param>
    public static IReadOnlyList<Named> Of(Findings findings, YamlNode? node, string path, string thing)
    {
        switch (node)
        {
            case null or YamlScalar { IsNull: true }: return [];
            case YamlMap map: return [.. map.Entries.Select(e => new Named(e.Key.Value, e.Key, e.Value, $"{path}.{e.Key.Value}")).Where(n => n.HasName(findings, thing))];
            case YamlList list:
                findings.Add(list, "old_shape", path, $"This is a list; a mapping by names is meant.");
                return LastOfEach([.. list.Items.Select((item, i) => OfItem(findings, item, $"{path}[{i}]")).OfType<Named>().Where(n => n.HasName(findings, thing))], findings);
            default:
                findings.Add(node, "wrong_kind", path, $"A mapping by names stands here, not {node.Kind}; it is left out.");
                return [];
        }
    }

    private static Named? OfItem(Findings findings, YamlNode item, string path)
    {
        switch (item)
        {
            case YamlScalar scalar: return new Named(scalar.Value, scalar, new YamlScalar(scalar.Line, scalar.Column, "", IsText: false), path);
            case YamlMap map when map["name"] is YamlScalar name:
                return new Named(name.Value, name, map with { Entries = [.. map.Entries.Where(e => e.Key.Value != "name")] }, path);
            // - name: { type: … }
            case YamlMap { Entries: [{ Value: YamlMap } only] }: return new Named(only.Key.Value, only.Key, only.Value, path);
            default:
                findings.Add(item, "no_name", path, $"It has no name, and is left out.");
                return null;
        }
    }

    private static IReadOnlyList<Named> LastOfEach(IReadOnlyList<Named> all, Findings findings)
    {
        foreach (var again in all.GroupBy(n => n.Name).SelectMany(g => g.Skip(1)))
            findings.Add(again.At, "duplicate_key", again.Path, $"The name {Section.Short(again.Name)} stands here again; the last one is meant.");
        return [.. all.GroupBy(n => n.Name).Select(g => g.Last())];
    }

    private bool HasName(Findings findings, string thing)
    {
        if (!string.IsNullOrWhiteSpace(Name)) return true;
        findings.Add(At, "no_name", Path, $"{char.ToUpperInvariant(thing[0])}{thing[1..]} needs a name; this one is left out.");
        return false;
    }
}
