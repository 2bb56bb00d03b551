namespace Platform.Oms.Yaml;

/// <summary>What the YAML says, with aliases resolved (one node may stand in several places) and merge keys merged.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal abstract record YamlNode(int Line, int Column)
{
    /// <summary>For messages.</summary>
    public abstract string Kind { get; }
}

/// <param name="IsText">Quoted, or tagged as text: no number, no boolean and no null, whatever it looks like.</param>
internal sealed record YamlScalar(int Line, int Column, string Value, bool IsText) : YamlNode(Line, Column)
{
    public override string Kind => IsNull ? "nothing" : "a single value";

    public bool IsNull => CoreSchema.IsNull(this);
}

internal sealed record YamlList(int Line, int Column, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Column)
{
    public override string Kind => "a list";
}

internal sealed record YamlMap(int Line, int Column, IReadOnlyList<YamlEntry> Entries) : YamlNode(Line, Column)
{
    public override string Kind => "a mapping";

    public YamlNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key.Value == key)?.Value;
}

/// <param name="Key">As it is written: <c>no</c>, <c>off</c> and <c>1</c> are names like others.</param>
internal sealed record YamlEntry(YamlScalar Key, YamlNode Value);
