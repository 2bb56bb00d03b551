using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>JSON to <see cref="Manifest"/>, with every error of every field at once.</summary>
internal static class ManifestReader
{
    public static readonly string[] Fields =
    [
        "name", "description", "source", "uri", "install_command", "update_command", "command", "ref", "subdir", "protocol", "auto_mtls",
        "version", "sha256", "env", "limits", "platforms", "described_by", "configuration",
    ];

    private static readonly string[] LimitFields = ["memory_mb", "processes", "start_seconds"];

    /// <param name="name">Given by the user: replaces the manifest's own.</param>
    public static Manifest Read(JsonElement json, string? name)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidManifest([new("", "wrong_type", "A manifest is a JSON object.")]);

        var fields = new JsonFields(json, Fields);
        var protocol = fields.Optional("protocol");
        var manifest = new Manifest(
            Name: name ?? fields.Required("name"),
            Description: fields.Optional("description"),
            Source: fields.Required("source"),
            Uri: fields.Required("uri"),
            InstallCommand: fields.Optional("install_command"),
            UpdateCommand: fields.Optional("update_command"),
            Command: protocol is Manifest.ServiceProtocol or Manifest.PackageProtocol ? fields.Optional("command") : fields.Required("command"),
            Ref: fields.Optional("ref"),
            Subdir: fields.Optional("subdir"),
            Protocol: protocol,
            AutoMtls: fields.Flag("auto_mtls"),
            Version: fields.Optional("version"),
            Sha256: fields.Optional("sha256")?.ToLowerInvariant(),
            Env: ReadEnv(fields),
            Limits: ReadLimits(fields),
            Platforms: ReadPlatforms(fields),
            DescribedBy: fields.Optional("described_by"),
            Configuration: fields.Optional("configuration"));

        IReadOnlyList<FieldError> errors = [.. fields.Errors, .. ManifestRules.Check(manifest)];
        return errors.Count == 0 ? manifest : throw Errors.InvalidManifest(errors);
    }

    private static Dictionary<string, string>? ReadEnv(JsonFields fields)
    {
        if (fields.Value("env") is not { } json) return null;
        if (json.ValueKind != JsonValueKind.Object)
        {
            fields.Add(new("env", "wrong_type", "The field must be an object whose values are strings."));
            return null;
        }

        var env = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in json.EnumerateObject())
        {
            // A value stands for itself only: what is none keeps its name, so that the rules look at that too.
            var text = variable.Value.ValueKind == JsonValueKind.String ? variable.Value.GetString()! : null;
            if (text is null)
                fields.Add(new($"env.{variable.Name}", "wrong_type", "The value of a variable must be a string."));
            if (!env.TryAdd(variable.Name, text ?? ""))
                fields.Add(new($"env.{variable.Name}", "duplicate_field", "The variable stands there twice."));
        }
        return env;
    }

    private static ManifestLimits? ReadLimits(JsonFields fields)
    {
        if (fields.Value("limits") is not { } json) return null;
        if (json.ValueKind != JsonValueKind.Object)
        {
            fields.Add(new("limits", "wrong_type", $"The field must be an object with any of {string.Join(", ", LimitFields)}."));
            return null;
        }

        var inner = new JsonFields(json, LimitFields, "limits.");
        var limits = new ManifestLimits(inner.Integer("memory_mb"), inner.Integer("processes"), inner.Integer("start_seconds"));
        foreach (var error in inner.Errors)
            fields.Add(error);
        return limits;
    }

    private static string[]? ReadPlatforms(JsonFields fields)
    {
        if (fields.Value("platforms") is not { } json) return null;
        if (json.ValueKind == JsonValueKind.Array && json.EnumerateArray().All(p => p.ValueKind == JsonValueKind.String))
            return [.. json.EnumerateArray().Select(p => p.GetString()!)];
        fields.Add(new("platforms", "wrong_type", "The field must be a list of strings, such as [\"linux/amd64\"]."));
        return null;
    }
}
