using System.Text.Json;
using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>
/// A connector-packaging.json, by which a connector hub tells where the package of a release is, and its checksum
/// (hasura/ndc-hub: registry/NAMESPACE/NAME/releases/VERSION). It becomes a manifest, pinned to that checksum.
/// </summary>
internal static partial class ConnectorPackaging
{
    public const string FileName = "connector-packaging.json";
    private const string OnlyChecksum = "sha256";

    /// <summary>By the field that no manifest has.</summary>
    public static bool Is(JsonElement json) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty("checksum", out _);

    /// <param name="name">The document has none; null or empty is an error.</param>
    public static Manifest Read(JsonElement json, string? name)
    {
        var fields = new JsonFields(json, Names(json));
        var (version, uri, sha256) = (fields.Required("version"), fields.Required("uri"), Checksum(fields));
        if (version != "" && !Version().IsMatch(version))
            fields.Add(new("version", "invalid_version", "The version is v and a semantic version, such as v1.2.3."));
        if (string.IsNullOrEmpty(name))
            fields.Add(new("name", "required", $"A {FileName} has no name for the connector, and none follows from where it is: give one by ?name= (--name)."));
        var manifest = new Manifest(name ?? "", null, "HTTP", uri, null, null, null, Protocol: Manifest.PackageProtocol, Version: version, Sha256: sha256);
        IReadOnlyList<FieldError> errors = [.. fields.Errors, .. ManifestRules.Check(manifest)];
        return errors.Count == 0 ? manifest : throw Errors.InvalidManifest(errors);
    }

    /// <summary>What a manifest stands for whose uri is such a document: the package that it names. All others stay as they are.</summary>
    public static async Task<Manifest> ResolveAsync(Manifest manifest, ManifestDownload download, CancellationToken cancel)
    {
        if (manifest is not { IsPackage: true, Source: "HTTP" } || !Uri.TryCreate(manifest.Uri, UriKind.Absolute, out var uri) || !uri.AbsolutePath.EndsWith("/" + FileName, StringComparison.Ordinal))
            return manifest;
        using var json = JsonText.Parse(await download.GetAsync(manifest.Uri, cancel), "The document at the uri");
        if (!Is(json.RootElement)) throw Errors.InvalidManifest([new("uri", "invalid_uri", $"The document at the uri is no {FileName}: it has no checksum.")]);
        try
        {
            var found = Read(json.RootElement, manifest.Name);
            if (manifest.Sha256 is { } wanted && wanted != found.Sha256)
                throw Errors.InvalidManifest([new("sha256", "conflict", $"The document at the uri has the checksum {found.Sha256}. Leave the field out, or find out which one is right.")]);
            return manifest with { Uri = found.Uri, Sha256 = found.Sha256, Version = manifest.Version ?? found.Version };
        }
        catch (ProblemException e) when (e.Problem.Errors is { } errors && errors.All(error => error.Code != "conflict"))
        {
            throw Errors.InvalidManifest([.. errors.Select(error => new FieldError("uri", error.Code, $"{error.Field} in the document at the uri: {error.Message}"))]);
        }
    }

    /// <summary>The connector's name where the document lies as in a hub's registry; null: it doesn't.</summary>
    public static string? NameIn(string url) => Place().Match(url) is { Success: true } match ? match.Groups["name"].Value.ToLowerInvariant() : null;

    private static string? Checksum(JsonFields fields)
    {
        if (fields.Value("checksum") is not { ValueKind: JsonValueKind.Object } json)
        {
            fields.Add(new("checksum", "wrong_type", "The field must be an object with type and value."));
            return null;
        }
        var inner = new JsonFields(json, Names(json), "checksum.");
        var (type, value) = (inner.Required("type"), inner.Required("value").ToLowerInvariant());
        foreach (var error in inner.Errors) fields.Add(error);
        if (type is not ("" or OnlyChecksum)) fields.Add(new("checksum.type", "unsupported_checksum", $"Only checksums of type {OnlyChecksum} are accepted."));
        // A manifest that were made of it would not be pinned.
        else if (value != "" && !Sha256().IsMatch(value)) fields.Add(new("checksum.value", "invalid_sha256", "A sha256 has 64 hexadecimal digits."));
        return Sha256().IsMatch(value) ? value : null;
    }

    // Others than those that are read may stand there.
    private static HashSet<string> Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];

    // semver.org, with v in front.
    [GeneratedRegex(@"^v(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\z")]
    private static partial Regex Version();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();

    [GeneratedRegex(@"/(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,62})/releases/[^/]+/connector-packaging\.json(?:[?#].*)?\z")]
    private static partial Regex Place();
}
