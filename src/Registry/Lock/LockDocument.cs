using System.Text.Json;
using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Lock;

/// <summary>What is installed, exactly enough to install it again elsewhere.</summary>
/// <param name="LockVersion">Of this format: 1.</param>
/// <param name="Connectors">By name.</param>
public sealed record LockDocument(int LockVersion, IReadOnlyList<LockedConnector> Connectors)
{
    public const int Format = 1;
}

/// <param name="Version">Its number where the lock was made; for people, numbers differ between installations.</param>
/// <param name="Manifest">With its name: that of the connector.</param>
/// <param name="SourceRevision">The commit of a VCS source.</param>
/// <param name="SourceDigest">sha256 of what an HTTP source gave, or of a Local source's files.</param>
/// <param name="Digest">sha256 of the bundle. Another one is a warning, since builds are seldom reproducible.</param>
public sealed record LockedConnector(string Name, int? Version, Manifest Manifest, string? SourceRevision, string? SourceDigest, string Digest);

/// <summary>JSON to <see cref="LockDocument"/>, with every error of every entry at once.</summary>
internal static partial class LockReader
{
    public static LockDocument Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Errors.InvalidLock([new("", "wrong_type", "A lock file is a JSON object.")]);
        var fields = new JsonFields(json, ["lock_version", "connectors"]);
        var (errors, connectors) = (new List<FieldError>(), new List<LockedConnector>());
        if (fields.Number("lock_version") is not LockDocument.Format)
            fields.Add(new("lock_version", "unknown_format", $"This platform reads lock files of format {LockDocument.Format}."));
        if (fields.Value("connectors") is not { ValueKind: JsonValueKind.Array } list)
            fields.Add(new("connectors", "required", "The field must be an array."));
        else
            foreach (var (entry, position) in list.EnumerateArray().Select((entry, position) => (entry, position)))
                if (ReadEntry(entry, $"connectors[{position}]", errors) is { } connector) connectors.Add(connector);

        errors.AddRange(connectors.GroupBy(c => c.Name).Where(group => group.Count() > 1).Select(group =>
            new FieldError("connectors", "duplicate_name", $"'{group.Key}' stands there {group.Count()} times.")));
        return fields.Errors.Count + errors.Count == 0
            ? new(LockDocument.Format, connectors)
            : throw Errors.InvalidLock([.. fields.Errors, .. errors]);
    }

    private static LockedConnector? ReadEntry(JsonElement json, string path, List<FieldError> errors)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new(path, "wrong_type", "An entry is a JSON object."));
            return null;
        }
        var fields = new JsonFields(json, ["name", "version", "manifest", "source_revision", "source_digest", "digest"]);
        var (name, digest) = (fields.Required("name"), fields.Required("digest"));
        var (revision, sourceDigest) = (fields.Optional("source_revision"), fields.Optional("source_digest"));
        if (digest != "" && !Sha256().IsMatch(digest)) fields.Add(new("digest", "invalid_digest", "A digest has 64 hex digits."));
        if (sourceDigest is not null && !Sha256().IsMatch(sourceDigest)) fields.Add(new("source_digest", "invalid_digest", "A digest has 64 hex digits."));
        // It is handed to git in place of the manifest's ref.
        if (revision is not null && !Commit().IsMatch(revision)) fields.Add(new("source_revision", "invalid_commit", "A commit has 40 or 64 hex digits."));
        Manifest? manifest = null;
        try
        {
            if (fields.Value("manifest") is { } given) manifest = ManifestReader.Read(given, name == "" ? null : name);
            else fields.Add(new("manifest", "required", "The field is required."));
        }
        catch (ProblemException e)
        {
            foreach (var error in e.Problem.Errors ?? []) errors.Add(error with { Field = $"{path}.manifest.{error.Field}".TrimEnd('.') });
        }
        errors.AddRange(fields.Errors.Select(error => error with { Field = $"{path}.{error.Field}" }));
        return manifest is null ? null : new(name, (int?)fields.Number("version"), manifest, revision, sourceDigest, digest);
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();

    [GeneratedRegex(@"^([0-9a-f]{40}|[0-9a-f]{64})\z")]
    private static partial Regex Commit();
}
