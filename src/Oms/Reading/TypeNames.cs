using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>What the types are called, in the specification, in its validator, in its history and by mistake.</summary>
internal static class TypeNames
{
    /// <summary>A type that is given by its values.</summary>
    public const string Enum = "enum";

    private static readonly string[] Own =
        [OmsTypes.Int, OmsTypes.Float, OmsTypes.String, OmsTypes.Boolean, OmsTypes.List, OmsTypes.Map, OmsTypes.Object, OmsTypes.Any, OmsTypes.None, OmsTypes.File, Enum];

    // The validator has these two beside those of the specification.
    private static readonly string[] Texts = ["uuid", "path"];

    private static readonly (string Word, string Type)[] Others =
    [
        ("integer", OmsTypes.Int), ("long", OmsTypes.Int), ("int32", OmsTypes.Int), ("int64", OmsTypes.Int), ("number", OmsTypes.Float), ("double", OmsTypes.Float),
        ("decimal", OmsTypes.Float), ("str", OmsTypes.String), ("text", OmsTypes.String), ("bool", OmsTypes.Boolean), ("array", OmsTypes.List), ("dict", OmsTypes.Map),
        ("dictionary", OmsTypes.Map), ("hash", OmsTypes.Map), ("json", OmsTypes.Any), ("data", OmsTypes.Any), ("void", OmsTypes.None), ("bytes", OmsTypes.File),
        ("binary", OmsTypes.File),
    ];

    /// <summary>Null: nobody calls a type so.</summary>
    public static string? Find(string word) =>
        Own.Contains(word) ? word : Texts.Contains(word) ? OmsTypes.String : Others.FirstOrDefault(o => o.Word == word.ToLowerInvariant()).Type;

    /// <summary>A type of the model, or <see cref="Enum"/>; <c>any</c> with a warning for what is none.</summary>
    public static string Read(Findings findings, YamlNode node, string path)
    {
        if (node is not YamlScalar scalar)
        {
            findings.Add(node, "unknown_type", path, $"A type is one name, not {node.Kind}; any is taken.");
            return OmsTypes.Any;
        }

        var word = scalar.Value;
        if (Own.Contains(word)) return word;
        if (Find(word) is { } type)
        {
            if (!Texts.Contains(word)) findings.Add(node, "old_name", path, $"The type {Section.Short(word)} is taken for {type}.");
            return type;
        }

        findings.Add(node, "unknown_type", path, scalar.IsNull ? "null is no type; any is taken." : $"There is no type {Section.Short(word)}; any is taken.{Spelling.Hint(word, Own)}");
        return OmsTypes.Any;
    }
}
