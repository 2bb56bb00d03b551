using System.Globalization;
using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>
/// A mapping whose keys are known: what stands under each of them, whatever it is called there. A value of the wrong kind is a warning, and
/// as good as none.
/// </summary>
internal sealed class Section
{
    private readonly Dictionary<string, YamlEntry> entries = [];

    private Section(Findings findings, YamlMap map, string path, Vocabulary vocabulary)
    {
        (Findings, At, Path) = (findings, map, path);
        foreach (var entry in map.Entries.Where(e => vocabulary.Keys.Contains(e.Key.Value))) entries.Add(entry.Key.Value, entry);
        foreach (var entry in map.Entries.Where(e => !vocabulary.Keys.Contains(e.Key.Value))) Understand(entry, vocabulary);
    }

    public Findings Findings { get; }

    public YamlMap At { get; }

    /// <summary>In the document, such as <c>actions.convert.http</c>; empty for the root.</summary>
    public string Path { get; }

    /// <summary>Null, with a warning unless there is nothing: the node is no mapping.</summary>
    public static Section? Of(Findings findings, YamlNode? node, string path, Vocabulary vocabulary)
    {
        switch (node)
        {
            case YamlMap map: return new Section(findings, map, path, vocabulary);
            case null or YamlScalar { IsNull: true }: return null;
            default:
                findings.Add(node, "wrong_kind", path, $"{Capital(vocabulary.Name)} is a mapping, not {node.Kind}; it is left out.");
                return null;
        }
    }

    /// <summary>What stands under the key; null: nothing, or YAML's null.</summary>
    public YamlNode? this[string key] => entries.TryGetValue(key, out var entry) && entry.Value is not YamlScalar { IsNull: true } ? entry.Value : null;

    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>Where the key stands, if it does, else the section.</summary>
    public YamlNode KeyOf(string key) => entries.TryGetValue(key, out var entry) ? entry.Key : At;

    public Section? Child(string key, Vocabulary vocabulary) => Of(Findings, this[key], PathOf(key), vocabulary);

    /// <summary>The text as it is written, numbers and booleans too; null: none.</summary>
    public string? Text(string key)
    {
        if (this[key] is not { } node) return null;
        if (node is YamlScalar scalar) return scalar.Value;
        Warn(node, "wrong_kind", key, $"{key} is a text, not {node.Kind}; it is left out.");
        return null;
    }

    public bool? Flag(string key)
    {
        if (Text(key) is not { } text) return null;
        switch (text.ToLowerInvariant())
        {
            case "true" or "false": return text.Equals("true", StringComparison.OrdinalIgnoreCase);
            case "yes" or "on" or "no" or "off":
                Warn(this[key]!, "yaml_1_1", key, $"{text} is taken for {(text.ToLowerInvariant() is "yes" or "on" ? "true" : "false")}; YAML 1.2 knows true and false alone.");
                return text.ToLowerInvariant() is "yes" or "on";
            default:
                Warn(this[key]!, "wrong_kind", key, $"{key} is true or false, not {Short(text)}; it is left out.");
                return null;
        }
    }

    public double? Number(string key)
    {
        if (Text(key) is not { } text) return null;
        if (CoreSchema.Number(text) is { } number) return double.Parse(number, CultureInfo.InvariantCulture);
        Warn(this[key]!, "wrong_kind", key, $"{key} is a number, not {Short(text)}; it is left out.");
        return null;
    }

    /// <summary>Within the bounds; else a warning, and null.</summary>
    public int? Whole(string key, int min, int max)
    {
        if (Text(key) is not { } text) return null;
        if (int.TryParse(CoreSchema.Integer(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        Warn(this[key]!, "out_of_range", key, $"{key} is a whole number from {min} to {max}, not {Short(text)}; it is left out.");
        return null;
    }

    public int? Port(string key = "port") => Whole(key, 1, 65535);

    public void Warn(YamlNode at, string code, string key, string message) => Findings.Add(at, code, key.Length == 0 ? Path : PathOf(key), message);

    public static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private void Understand(YamlEntry entry, Vocabulary vocabulary)
    {
        var word = entry.Key.Value;
        if (word.StartsWith("x-", StringComparison.Ordinal)) return;
        if ((vocabulary.Silent ?? []).FirstOrDefault(s => s.Word == word).Key is { } same && entries.TryAdd(same, entry)) return;
        if ((vocabulary.Unsupported ?? []).Contains(word))
        {
            Warn(entry.Key, "not_supported", word, $"{word} is not supported, and left out.");
            return;
        }

        var synonym = vocabulary.Synonyms.FirstOrDefault(s => s.Word == word).Key;
        var key = synonym ?? Spelling.Sure(word, vocabulary.Keys);
        if (key is not null && entries.TryAdd(key, entry))
            Warn(entry.Key, synonym is null ? "misspelled_key" : "old_name", word, $"{Short(word)} is taken for {key}.");
        else
            Warn(entry.Key, "unknown_key", word, $"{Capital(vocabulary.Name)} has no key {Short(word)}; it is left out.{(key is null ? Spelling.Hint(word, vocabulary.Keys) : $" {key} is there already.")}");
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
