using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class EnvironmentReader
{
    private static readonly string[] Types = [OmsTypes.Int, OmsTypes.Float, OmsTypes.String, OmsTypes.Boolean];

    public static IReadOnlyList<OmsVariable> Read(Section root)
    {
        var variables = new OrderedDictionary<string, OmsVariable>(StringComparer.OrdinalIgnoreCase);
        foreach (var named in Named.Of(root.Findings, root["environment"], "environment", "a variable"))
        {
            if (named.Name.AsSpan().ContainsAny('=', '\0'))
            {
                root.Findings.Add(named.At, "bad_name", named.Path, "The name of a variable has no =; it is left out.");
                continue;
            }

            if (variables.Remove(named.Name))
                root.Findings.Add(named.At, "duplicate_variable", named.Path, $"{named.Name} differs from another variable in upper and lower case alone, and both are delivered in upper case; this one is meant.");
            variables.Add(named.Name, Read(root.Findings, named));
        }

        return [.. variables.Values];
    }

    private static OmsVariable Read(Findings findings, Named named)
    {
        if (named.Value is YamlScalar { IsNull: false } scalar)
        {
            // NAME: string, or NAME: 8080.
            var isType = TypeNames.Find(scalar.Value) is not null;
            findings.Add(scalar, "old_shape", named.Path, $"A variable is a mapping with type; this is taken for its {(isType ? "type" : "default")}.");
            return new OmsVariable(named.Name, isType ? Type(findings, scalar, named.Path) : OmsTypes.String, false, isType ? null : scalar.Value, null, false, false, "");
        }

        if (Section.Of(findings, named.Value, named.Path, Vocabulary.Variable) is not { } variable)
        {
            if (named.Value is YamlScalar) findings.Add(named.At, "missing_type", $"{named.Path}.type", "type is missing; string is taken.");
            return new OmsVariable(named.Name, OmsTypes.String, false, null, null, false, false, "");
        }

        var required = variable.Flag("required") ?? false;
        if (variable["default"] is not null && required)
            variable.Warn(variable.KeyOf("required"), "required_with_default", "required", "What has a default is not required.");
        if (variable["type"] is null) variable.Warn(named.At, "missing_type", "type", "type is missing; string is taken.");
        var fallback = variable.Text("default");
        return new OmsVariable(
            named.Name, variable["type"] is { } type ? Type(findings, type, variable.PathOf("type")) : OmsTypes.String, required && fallback is null, fallback,
            Patterns.Read(variable), variable.Flag("sensitive") ?? false, variable.Flag("deprecated") ?? false, (variable.Text("help") ?? "").Trim());
    }

    private static string Type(Findings findings, YamlNode node, string path)
    {
        var type = TypeNames.Read(findings, node, path);
        if (Types.Contains(type)) return type;
        if (type != OmsTypes.Any) findings.Add(node, "unknown_type", path, $"A variable is one of {string.Join(", ", Types)}; string is taken.");
        return OmsTypes.String;
    }
}
