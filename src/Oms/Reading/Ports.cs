using System.Globalization;
using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>The port of a service whose file names a single one: what doesn't say its port means that. All services in the wild have one.</summary>
internal sealed class Ports(int? only)
{
    public static Ports Of(Section root)
    {
        var found = new HashSet<int>();
        foreach (var key in new[] { "actions", "health", "forwards" }) Collect(root[key], found);
        return new Ports(found.Count == 1 ? found.First() : null);
    }

    /// <summary>The port under the key of the section, or else the only one, with a warning.</summary>
    public int? Get(Section section, int? otherwise = null)
    {
        if (section["port"] is not null) return section.Port();
        if (otherwise is not null) return otherwise;
        if (only is { } port) section.Warn(section.At, "missing_port", "port", $"port is missing; {port} is taken, the only one of this service.");
        return only;
    }

    private static void Collect(YamlNode? node, HashSet<int> found)
    {
        if (node is YamlList list)
            foreach (var item in list.Items)
                Collect(item, found);
        if (node is not YamlMap map) return;
        foreach (var (key, value) in map.Entries)
        {
            // Of an interface: an argument called port is a mapping.
            if (key.Value != "port") Collect(value, found);
            else if (value is YamlScalar port && int.TryParse(port.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536) found.Add(number);
        }
    }
}
