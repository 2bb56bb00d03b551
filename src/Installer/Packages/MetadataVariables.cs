using System.Text.RegularExpressions;
using Platform.Contracts;
using YamlDotNet.RepresentationModel;

namespace Platform.Installer.Packages;

/// <summary>The environment that a package says it takes: <c>supportedEnvironmentVariables</c>.</summary>
internal static partial class MetadataVariables
{
    private const string Field = "supportedEnvironmentVariables";

    public static IReadOnlyList<PackageVariable> Read(YamlMappingNode root, MetadataFindings findings)
    {
        switch (root.Find(Field))
        {
            case null:
                return [];
            case YamlSequenceNode list:
                List<PackageVariable> variables = [];
                foreach (var (position, node) in list.Children.Index())
                    if (ReadOne(node, $"{Field}[{position}]", findings) is { } variable && IsNew(variable, variables, node, findings)) variables.Add(variable);
                return variables;
            case var other:
                findings.Error("wrong_type", other, $"{Field} is {other.Kind()}, not a list");
                return [];
        }
    }

    private static PackageVariable? ReadOne(YamlNode node, string path, MetadataFindings findings)
    {
        if (node is not YamlMappingNode map)
        {
            findings.Error("wrong_type", node, $"{path} is {node.Kind()}, not a mapping with name and description");
            return null;
        }
        var name = findings.Text(map, "name", $"{path}.name");
        if (string.IsNullOrWhiteSpace(name)) findings.Error("variable_name_empty", map, $"{path} has no name");
        else if (!Name().IsMatch(name)) findings.Error("variable_name_invalid", map.Find("name")!, $"'{name}' can't be the name of an environment variable");
        var variable = new PackageVariable(
            name ?? "", findings.Text(map, "description", $"{path}.description"), findings.Text(map, "defaultValue", $"{path}.defaultValue"), Required(map, path, findings));
        if (!PackageRuntime.IsReserved(variable.Name)) return variable;
        findings.Warn("reserved_variable", map, $"{name} is left out: names that begin with {string.Join(" or ", PackageRuntime.ReservedPrefixes)} are the platform's to set");
        return null;
    }

    // The RFC and the hub's own code have a boolean, the hub's published schema has text.
    private static bool Required(YamlMappingNode map, string path, MetadataFindings findings)
    {
        var text = findings.Text(map, "required", $"{path}.required");
        if (text is null || bool.TryParse(text, out _)) return text is not null && bool.Parse(text);
        findings.Error("required_not_boolean", map.Find("required")!, $"{path}.required is '{text}', neither true nor false");
        return false;
    }

    private static bool IsNew(PackageVariable variable, List<PackageVariable> variables, YamlNode node, MetadataFindings findings)
    {
        if (variable.Name.Length == 0 || variables.TrueForAll(known => known.Name != variable.Name)) return true;
        findings.Warn("duplicate_variable", node, $"{variable.Name} stands here again; the first one is meant");
        return false;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,254}\z")]
    private static partial Regex Name();
}
