using System.Text.Json.Nodes;

namespace Platform.Gateway.OpenApi;

/// <summary>Puts documents together: paths side by side; a component whose name is taken by a different one gets its service's name in front.</summary>
internal sealed class DocumentMerge
{
    private readonly JsonObject paths = [];
    private readonly JsonObject components = [];
    private readonly List<string> missing = [];

    public void Add(string service, JsonObject? document)
    {
        if (document is null)
        {
            missing.Add(service);
            return;
        }

        var renamed = Renames(service, document);
        var own = (JsonObject)Rewrite(document, renamed)!;
        foreach (var (kind, members) in own["components"] as JsonObject ?? [])
        {
            if (components[kind] is not JsonObject into) components[kind] = into = [];
            foreach (var (name, component) in members as JsonObject ?? [])
                into[renamed.TryGetValue($"#/components/{kind}/{name}", out var reference) ? reference.Split('/')[^1] : name] = component?.DeepClone();
        }

        foreach (var (path, operations) in own["paths"] as JsonObject ?? [])
        {
            if (!path.StartsWith("/v1/", StringComparison.Ordinal)) continue;
            if (paths[path] is not JsonObject into) paths[path] = into = [];
            foreach (var (method, operation) in operations as JsonObject ?? []) into.TryAdd(method, operation?.DeepClone());
        }
    }

    public string ToJson()
    {
        components["securitySchemes"] = new JsonObject
        {
            ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A token of this platform, in the header Authorization." },
        };
        var description = "Installs connectors, runs them and reads the objects that they bring.";
        if (missing.Count > 0) description += $" Incomplete: {string.Join(", ", missing)} did not answer.";
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject { ["title"] = "Connector platform", ["version"] = "v1", ["description"] = description },
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = components,
        }.ToJsonString();
    }

    private Dictionary<string, string> Renames(string service, JsonObject document)
    {
        var renamed = new Dictionary<string, string>();
        foreach (var (kind, members) in document["components"] as JsonObject ?? [])
            foreach (var (name, component) in members as JsonObject ?? [])
                if (components[kind]?[name] is { } standing && !JsonNode.DeepEquals(standing, component))
                    renamed[$"#/components/{kind}/{name}"] = $"#/components/{kind}/{service}.{name}";
        return renamed;
    }

    private static JsonNode? Rewrite(JsonNode? node, Dictionary<string, string> renamed)
    {
        switch (node)
        {
            case JsonObject json:
                var copy = new JsonObject();
                foreach (var (name, value) in json)
                    copy[name] = name == "$ref" && value is JsonValue text && text.TryGetValue<string>(out var reference)
                        ? renamed.GetValueOrDefault(reference, reference)
                        : Rewrite(value, renamed);
                return copy;
            case JsonArray array:
                return new JsonArray([.. array.Select(item => Rewrite(item, renamed))]);
            default:
                return node?.DeepClone();
        }
    }
}
