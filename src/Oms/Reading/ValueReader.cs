using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads what describes a value: an argument, an element, a property, an output.</summary>
internal static class ValueReader
{
    public static OmsArgument Read(Findings findings, Named named) => Read(findings, named, out _);

    /// <param name="section">Null: it has no keys of its own.</param>
    public static OmsArgument Read(Findings findings, Named named, out Section? section)
    {
        section = null;
        if (named.Value is YamlScalar { IsNull: false } scalar)
        {
            // name: string
            if (named.Name.Length > 0) findings.Add(scalar, "old_shape", named.Path, "A mapping with type stands here; this is taken for the type.");
            return Typed(TypeNames.Read(findings, scalar, named.Path), named.Name);
        }

        section = Section.Of(findings, named.Value, named.Path, Vocabulary.Argument);
        if (section is not null) return Read(named, section);
        if (named.Value is YamlScalar) findings.Add(named.At, "missing_type", $"{named.Path}.type", "type is missing; any is taken.");
        return new OmsArgument(named.Name, OmsTypes.Any);
    }

    /// <summary>Of <c>list.elements</c>, <c>map.values</c> or <c>elements</c>; null: anything.</summary>
    public static OmsArgument? Elements(Section section, string type)
    {
        var key = type == OmsTypes.Map ? "map" : "list";
        var other = section[key == "map" ? "list" : "map"];
        if (other is not null) section.Warn(other, "ignored", key == "map" ? "list" : "map", $"The type is {type}; this is left out.");
        if (type is not (OmsTypes.List or OmsTypes.Map))
        {
            if ((section["list"] ?? section["elements"]) is { } stray) section.Warn(stray, "ignored", "list", $"The type is {type}, which has no elements; they are left out.");
            return null;
        }

        if (section[key] is YamlScalar) return One(section, section[key]!, section.PathOf(key));
        var nested = section.Child(key, Vocabulary.Nested);
        var inner = type == OmsTypes.Map ? "values" : "elements";
        if (nested?[inner] is { } node) return One(section, node, nested.PathOf(inner));
        // list: { type: int } says it without elements.
        if (nested?["type"] is { } bare) return One(section, bare, nested.PathOf("type"));
        return section["elements"] is { } direct ? One(section, direct, section.PathOf("elements")) : null;
    }

    /// <summary>Of an object; null: anything.</summary>
    public static IReadOnlyList<OmsArgument>? Properties(Section section, string type)
    {
        if (section["properties"] is not { } node) return null;
        if (type == OmsTypes.Object) return [.. Named.Of(section.Findings, node, section.PathOf("properties"), "a property").Select(p => Read(section.Findings, p))];
        section.Warn(section.KeyOf("properties"), "ignored", "properties", $"Only an object has properties; this is a {type}, and they are left out.");
        return null;
    }

    private static OmsArgument Typed(string type, string name) =>
        new(name, type switch { TypeNames.Enum => OmsTypes.String, OmsTypes.None => OmsTypes.Any, _ => type });

    private static OmsArgument One(Section section, YamlNode node, string path) => Read(section.Findings, new Named("", node, node, path));

    private static OmsArgument Read(Named named, Section section)
    {
        var type = Type(named, section);
        var allowed = Enum(section, ref type);
        var (min, max) = Range(section, type);
        var pattern = Patterns.Read(section);
        if (pattern is not null && type is not (OmsTypes.String or OmsTypes.Any))
        {
            section.Warn(section.KeyOf("pattern"), "ignored", "pattern", $"Only a string has a pattern; this is a {type}, and it is left out.");
            pattern = null;
        }

        var given = Default(section, ref type, allowed, pattern, min, max);
        var required = section.Flag("required") ?? false;
        if (required && section["default"] is not null)
            section.Warn(section.KeyOf("required"), "required_with_default", "required", "What has a default is not required.");
        return new OmsArgument(
            named.Name, type, required && section["default"] is null, null, given, allowed, pattern, min, max, Elements(section, type), Properties(section, type),
            (section.Text("help") ?? "").Trim(), section.Flag("deprecated") ?? false, section.Flag("sensitive") ?? false);
    }

    private static string Type(Named named, Section section)
    {
        if (section["type"] is { } node)
        {
            var type = TypeNames.Read(section.Findings, node, section.PathOf("type"));
            if (type != OmsTypes.None) return type;
            section.Warn(node, "unknown_type", "type", "Only an output is none; any is taken.");
            return OmsTypes.Any;
        }

        var likely = section["enum"] is not null ? TypeNames.Enum : section["properties"] is not null ? OmsTypes.Object : section["list"] is not null ? OmsTypes.List
            : section["map"] is not null ? OmsTypes.Map : OmsTypes.Any;
        section.Warn(named.At, "missing_type", "type", $"type is missing; {likely} is taken.");
        return likely;
    }

    private static IReadOnlyList<string>? Enum(Section section, ref string type)
    {
        var values = section["enum"] switch
        {
            null => null,
            YamlList list => list.Items,
            YamlScalar one => [one],
            var other => Refused(section, other),
        };
        if (type == TypeNames.Enum)
        {
            if (values is null or []) section.Warn(section.At, "missing", "enum", "The values of the enum are missing; any text is taken.");
            type = Values.TypeOf(values ?? []);
        }

        if (values is null or []) return null;
        var allowed = new List<string>();
        foreach (var value in values)
        {
            if (Values.OfType(type, value) is { } json) allowed.Add(json);
            else section.Warn(value, "wrong_value", "enum", $"The value is no {type}; it is left out.");
        }

        return allowed.Count > 0 ? allowed : null;
    }

    private static IReadOnlyList<YamlNode>? Refused(Section section, YamlNode other)
    {
        section.Warn(other, "wrong_kind", "enum", $"enum is a list of values, not {other.Kind}; it is left out.");
        return null;
    }

    private static (double? Min, double? Max) Range(Section section, string type)
    {
        if (section.Child("range", Vocabulary.Range) is not { } range) return (null, null);
        var (min, max) = (range.Number("min"), range.Number("max"));
        if (type is not (OmsTypes.Int or OmsTypes.Float or OmsTypes.Any))
            range.Warn(section.KeyOf("range"), "ignored", "", $"Only a number has a range; this is a {type}, and it is left out.");
        else if (min > max)
            range.Warn(section.KeyOf("range"), "wrong_value", "", "min is above max; the range is left out.");
        else
            return (min, max);
        return (null, null);
    }

    private static string? Default(Section section, ref string type, IReadOnlyList<string>? allowed, string? pattern, double? min, double? max)
    {
        if (section["default"] is not { } node) return null;
        var json = Values.OfType(type, node);
        if (json is null && type == OmsTypes.Int && Values.OfType(OmsTypes.Float, node) is { } fraction)
        {
            // The author wants this value: it is the type that is wrong.
            section.Warn(node, "wrong_default", "default", $"The default {fraction} is no int; float is taken for the type.");
            (type, json) = (OmsTypes.Float, fraction);
        }

        if (json is null)
        {
            section.Warn(node, "wrong_default", "default", $"The default is no {type}; it is left out.");
            return null;
        }

        if (Values.Refusal(json, (node as YamlScalar)?.Value ?? json, allowed, pattern, min, max) is not { } refusal) return json;
        section.Warn(node, "wrong_default", "default", $"The default {refusal}; it is left out.");
        return null;
    }
}
