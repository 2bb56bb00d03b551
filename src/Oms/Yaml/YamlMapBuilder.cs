using Platform.Oms.Reading;

namespace Platform.Oms.Yaml;

/// <summary>A mapping on its way: own keys win over merged ones, later over earlier ones, earlier merges over later ones.</summary>
internal sealed class YamlMapBuilder(YamlScalar at, Findings findings)
{
    // By the names of their keys, in the order in which those came first.
    private readonly OrderedDictionary<string, YamlEntry> own = [];
    private readonly OrderedDictionary<string, YamlEntry> merged = [];

    public void Add(YamlScalar key, YamlNode value)
    {
        if (key is { Value: "<<", IsText: false }) Merge(value);
        else if (!own.TryAdd(key.Value, new(key, value)))
        {
            findings.Add(key, "duplicate_key", "", $"The key {key.Value} stands here again; this one is meant.");
            own[key.Value] = new(key, value);
        }
    }

    private void Merge(YamlNode value)
    {
        if (value is YamlMap map)
            foreach (var entry in map.Entries)
                merged.TryAdd(entry.Key.Value, entry);
        else if (value is YamlList list && list.Items.All(item => item is YamlMap))
            foreach (var item in list.Items)
                Merge(item);
        else
            findings.Add(value, "bad_merge", "", $"Only mappings can be merged by <<, not {value.Kind}; it is left out.");
    }

    public YamlMap Build()
    {
        foreach (var (name, entry) in merged) own.TryAdd(name, entry);
        return new YamlMap(at.Line, at.Column, [.. own.Values]);
    }
}
