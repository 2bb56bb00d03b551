using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class ForwardsReader
{
    public static IReadOnlyList<OmsForward> Read(Section root, Ports ports) =>
        [.. Named.Of(root.Findings, root["forwards"], "forwards", "a forward").Select(forward => Read(root.Findings, forward, ports)).OfType<OmsForward>()];

    private static OmsForward? Read(Findings findings, Named named, Ports ports)
    {
        if (Section.Of(findings, named.Value, named.Path, Vocabulary.Forward) is not { } forward)
        {
            if (named.Value is YamlScalar { IsNull: true }) findings.Add(named.At, "missing", named.Path, "http with port and path is missing; the forward is left out.");
            return null;
        }

        // The oldest have port and path without http.
        var http = forward.Child("http", Vocabulary.Health) ?? forward;
        if (ports.Get(http) is { } port) return new OmsForward(named.Name, port, PathTemplate.Rooted(http, http.Text("path") ?? "/"), forward.Text("help") ?? "");
        if (http["port"] is null) http.Warn(http.At, "missing", "port", "port is missing; the forward is left out.");
        return null;
    }
}
