using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>What a manifest must keep. Empty required fields are reported by the reader and passed over here.</summary>
internal static partial class ManifestRules
{
    private static readonly string[] Sources = ["HTTP", "VCS", "Local", "Image", "Server"];

    /// <summary>Connectors can be spoken to in these ways. A new one is added with its driver.</summary>
    private static readonly string[] Protocols = ["c1", "platform", Manifest.ServiceProtocol, Manifest.PackageProtocol];

    public static List<FieldError> Check(Manifest manifest)
    {
        var errors = new List<FieldError>();
        CheckTexts(manifest, errors);

        if (manifest.Name != "" && !Name().IsMatch(manifest.Name))
            errors.Add(new("name", "invalid_name",
                "A name has 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit. Another can be given with ?name=."));

        if (manifest.Source != "" && !Sources.Contains(manifest.Source))
            errors.Add(new("source", "unknown_source", $"The source must be one of {string.Join(", ", Sources)}."));
        else if (manifest.Uri != "" && SourceUri.Fault(manifest.Source, manifest.Uri) is { } fault)
            errors.Add(new("uri", "invalid_uri", fault));

        if (manifest.Source is "HTTP" or "Local" or "Image" or "Server" && manifest.Ref is not null)
            errors.Add(new("ref", "only_for_vcs", "The field belongs to the source VCS."));
        if (manifest.Source is "Local" && manifest.Subdir is not null)
            errors.Add(new("subdir", "not_for_local", "The field belongs to the sources VCS and HTTP; name the folder itself in uri."));
        if (manifest.Source is "Image" or "Server" && manifest.Subdir is not null)
            errors.Add(new("subdir", "no_folder", "The field belongs to the sources VCS and HTTP."));
        if (manifest.Source is "VCS" or "Local" or "Image" or "Server" && manifest.Sha256 is not null)
            errors.Add(new("sha256", "only_for_http", "The field belongs to the source HTTP. A VCS source is pinned by a commit as its ref, an Image by its digest in uri; a Local one by a lock file."));
        if (manifest.Sha256 is { } digest && !Digest().IsMatch(digest))
            errors.Add(new("sha256", "invalid_sha256", "A sha256 has 64 hexadecimal digits."));
        if (manifest.Ref is { } reference && !Reference().IsMatch(reference))
            errors.Add(new("ref", "invalid_ref", "A ref is a branch, tag or commit: no spaces or control characters, none of ~^:?*[\\, no '..', and no leading '-'."));
        if (manifest.Subdir is { } subdir && !IsBelow(subdir))
            errors.Add(new("subdir", "invalid_subdir", "The folder must be relative to the root of the repository or archive, without '..'."));

        if (manifest.Protocol is { } protocol && !Protocols.Contains(protocol))
            errors.Add(new("protocol", "unsupported_protocol", $"Connectors are spoken to by {string.Join(", ", Protocols)} only, so far."));
        ServiceRules.Check(manifest, errors);
        PackageRules.Check(manifest, errors);
        ManifestNeeds.Check(manifest, errors);
        return errors;
    }

    private static void CheckTexts(Manifest manifest, List<FieldError> errors)
    {
        (string Field, string? Text, int Limit)[] texts =
        [
            ("description", manifest.Description, 4096), ("uri", manifest.Uri, 2048), ("ref", manifest.Ref, 255), ("subdir", manifest.Subdir, 1024), ("version", manifest.Version, 64),
            ("install_command", manifest.InstallCommand, 16384), ("update_command", manifest.UpdateCommand, 16384), ("command", manifest.Command, 16384),
            ("described_by", manifest.DescribedBy, 2048), ("configuration", manifest.Configuration, 2048),
        ];
        foreach (var (field, text, limit) in texts)
        {
            if (text?.Length > limit) errors.Add(new(field, "too_long", $"The field may have at most {limit} characters."));
            // Neither PostgreSQL nor a command line can carry it.
            if (text?.Contains('\0') == true) errors.Add(new(field, "invalid_character", "The field must not hold a NUL character."));
        }
    }

    /// <summary>Whether a path is relative and stays below where it begins.</summary>
    public static bool IsBelow(string folder) =>
        folder.Length > 0 && folder[0] is not ('/' or '-') && !folder.Contains('\\') && folder.Split('/').All(part => part is not "..");

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,62}\z")]
    public static partial Regex Name();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Digest();

    [GeneratedRegex(@"^(?!-)(?!.*\.\.)[^\s\x00-\x20\x7f~^:?*\[\\]+\z")]
    private static partial Regex Reference();
}
