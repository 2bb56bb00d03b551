using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>JSON to <see cref="Manifest"/>, with every error of every field at once.</summary>
internal static class ManifestReader
{
    private static readonly string[] Fields =
        ["name", "description", "source", "uri", "install_command", "update_command", "command", "ref", "subdir", "protocol", "auto_mtls"];

    /// <param name="name">Given by the user: replaces the manifest's own.</param>
    public static Manifest Read(JsonElement json, string? name)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidManifest([new("", "wrong_type", "A manifest is a JSON object.")]);

        var fields = new JsonFields(json, Fields);
        var manifest = new Manifest(
            Name: name ?? fields.Required("name"),
            Description: fields.Optional("description"),
            Source: fields.Required("source"),
            Uri: fields.Required("uri"),
            InstallCommand: fields.Optional("install_command"),
            UpdateCommand: fields.Optional("update_command"),
            Command: fields.Required("command"),
            Ref: fields.Optional("ref"),
            Subdir: fields.Optional("subdir"),
            Protocol: fields.Optional("protocol"),
            AutoMtls: fields.Flag("auto_mtls"));

        IReadOnlyList<FieldError> errors = [.. fields.Errors, .. ManifestRules.Check(manifest)];
        return errors.Count == 0 ? manifest : throw Errors.InvalidManifest(errors);
    }
}
