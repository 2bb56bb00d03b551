using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>The rules of manifests of described services, and of the fields and sources that only those have.</summary>
internal static class ServiceRules
{
    public static void Check(Manifest manifest, List<FieldError> errors)
    {
        if (!manifest.IsService)
        {
            if (manifest.Source == "Server" || (manifest.Source == "Image" && !manifest.IsPackage))
                errors.Add(new("source", "only_for_services", $"The source {manifest.Source} belongs to the protocol {Manifest.ServiceProtocol}{(manifest.Source == "Image" ? $" or {Manifest.PackageProtocol}" : "")}; connectors of other protocols are programs (HTTP, VCS, Local)."));
            if (manifest.DescribedBy is not null)
                errors.Add(new("described_by", "only_for_services", $"The field belongs to the protocol {Manifest.ServiceProtocol}."));
            return;
        }

        if (manifest.Command is not null)
            errors.Add(new("command", "not_for_services", "A service's description says how it starts (lifecycle.startup.command), or its image does. Leave the field out."));
        if (manifest.AutoMtls is not null)
            errors.Add(new("auto_mtls", "not_for_services", "The field belongs to connectors that are go-plugin processes."));
        CheckSource(manifest, errors);
        CheckDescription(manifest, errors);
    }

    private static void CheckSource(Manifest manifest, List<FieldError> errors)
    {
        if (manifest.Source is not ("Image" or "Server")) return;
        foreach (var (field, command) in ((string, string?)[])[("install_command", manifest.InstallCommand), ("update_command", manifest.UpdateCommand)])
            if (!string.IsNullOrWhiteSpace(command))
                errors.Add(new(field, "nothing_to_build", $"The source {manifest.Source} has no files that a command could run in."));
        if (manifest.Source is not "Server") return;
        foreach (var (field, isGiven) in ((string, bool)[])[("env", manifest.Env is not null), ("limits", manifest.Limits is not null), ("platforms", manifest.Platforms is not null)])
            if (isGiven)
                errors.Add(new(field, "nothing_to_start", "A Server runs already: the platform starts nothing that the field could be about."));
    }

    private static void CheckDescription(Manifest manifest, List<FieldError> errors)
    {
        switch (manifest.Source, manifest.DescribedBy)
        {
            case ("Server", null or ""):
                errors.Add(new("described_by", "required", "A Server needs to be told where its description is: an http(s) URL, or the absolute path of a file below a folder of Local:Roots."));
                break;
            case (_, null):
                break;
            case ("Server", var place) when place.StartsWith('/'):
                break;
            case ("Server", var place):
                if (SourceUri.Url(place, "http", "https") is not null)
                    errors.Add(new("described_by", "invalid_place", "The description of a Server is at an absolute http(s) URL without password, or in a file whose absolute path is given."));
                break;
            case ("Image", var path):
                // Absolute, or from where the image's processes begin.
                if (path is "" || path.Split('/').Contains(".."))
                    errors.Add(new("described_by", "invalid_place", "The description's path in the image is absolute, or relative to its WORKDIR, without '..'."));
                break;
            case (_, var path):
                if (!ManifestRules.IsBelow(path))
                    errors.Add(new("described_by", "invalid_place", "The description's path is relative to the root of the source, without '..'."));
                break;
        }
    }
}
