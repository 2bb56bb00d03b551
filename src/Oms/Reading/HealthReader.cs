using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class HealthReader
{
    public static OmsHealth? Read(Section root, Ports ports)
    {
        if (root.Child("health", Vocabulary.Health) is not { } health) return null;
        if (health.Child("http", Vocabulary.Health) is { } http) return Of(http, ports);
        if (health["port"] is null && health["path"] is null)
        {
            health.Warn(health.At, "missing", "http", "http with port and path is missing.");
            return null;
        }

        health.Warn(health.At, "old_shape", "", "port and path stand under http; they are taken from here.");
        return Of(health, ports);
    }

    private static OmsHealth? Of(Section http, Ports ports)
    {
        if (http.Text("method") is { } method && !method.Equals("get", StringComparison.OrdinalIgnoreCase))
            http.Warn(http["method"]!, "not_supported", "method", $"Health is asked by GET, not by {Section.Short(method)}.");
        if (ports.Get(http) is not { } port)
        {
            if (http["port"] is null) http.Warn(http.At, "missing", "port", "port is missing, so that health can't be asked.");
            return null;
        }

        return new OmsHealth(port, PathTemplate.Rooted(http, http.Text("path") ?? "/"));
    }
}
