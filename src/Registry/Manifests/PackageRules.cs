using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>The rules of manifests of packaged connectors, and of the field that only those have.</summary>
internal static class PackageRules
{
    public static void Check(Manifest manifest, List<FieldError> errors)
    {
        if (!manifest.IsPackage)
        {
            if (manifest.Configuration is not null)
                errors.Add(new("configuration", "only_for_packages", $"The field belongs to the protocol {Manifest.PackageProtocol}."));
            return;
        }

        if (manifest.Command is not null)
            errors.Add(new("command", "not_for_packages", "A packaged connector's image says how it starts. Leave the field out."));
        if (manifest.AutoMtls is not null)
            errors.Add(new("auto_mtls", "not_for_packages", "The field belongs to connectors that are go-plugin processes."));
        if (manifest.Source == "Image")
            foreach (var (field, command) in ((string, string?)[])[("install_command", manifest.InstallCommand), ("update_command", manifest.UpdateCommand)])
                if (!string.IsNullOrWhiteSpace(command))
                    errors.Add(new(field, "nothing_to_build", "The source Image has no files that a command could run in."));
        CheckConfiguration(manifest, errors);
        foreach (var name in (manifest.Env ?? new Dictionary<string, string>()).Keys.Where(PackageRuntime.IsReserved))
            errors.Add(new($"env.{name}", "reserved_name", $"The variable is the platform's: names that begin with {string.Join(" or ", PackageRuntime.ReservedPrefixes)} are reserved."));
    }

    private static void CheckConfiguration(Manifest manifest, List<FieldError> errors)
    {
        if (manifest.Configuration is not { } folder) return;
        if (manifest.Source != "Image")
            errors.Add(new("configuration", "only_for_image", "The field belongs to the source Image; a package's own files are its configuration, or are built into its image."));
        else if (!folder.StartsWith('/') || folder.Split('/').Contains(".."))
            errors.Add(new("configuration", "invalid_place", "The configuration is the absolute path of a folder below Local:Roots, without '..'."));
    }
}
