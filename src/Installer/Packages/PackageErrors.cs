using Platform.Contracts;

namespace Platform.Installer.Packages;

/// <summary>Ways in which the install of a packaged connector fails, beside those of <see cref="Errors"/> and of images.</summary>
internal static class PackageErrors
{
    private const string Guide = "docs/ndc.md says what a package has.";

    /// <param name="elsewhere">The only folder of the source that has it; null: none.</param>
    public static InstallFailedException MetadataMissing(string? elsewhere) => new(new("metadata_missing",
        $"The source has neither {ConnectorMetadata.FileName} nor a Dockerfile at its root{(elsewhere is null ? "" : $"; its folder {elsewhere} has")}.",
        elsewhere is null ? $"Give the root of a connector's package, or of a folder with a Dockerfile. {Guide}" : $"Say \"subdir\": \"{elsewhere}\" in the manifest."));

    /// <param name="place">As <c>, line 1, column 2</c>, or nothing.</param>
    public static InstallFailedException MetadataMalformed(string place, string why) => new(new("metadata_malformed",
        $"{ConnectorMetadata.FileName}{place}: {why}.", "Correct the line, or one shortly before it: the file is YAML."));

    public static InstallFailedException MetadataInvalid(IReadOnlyList<string> errors) => new(new("metadata_invalid",
        $"{ConnectorMetadata.FileName} has {(errors.Count == 1 ? "an error" : $"{errors.Count} errors")}: {string.Join("; ", errors)}.", $"Correct all of them and install again. {Guide}"));

    public static InstallFailedException DockerfileMissing() => new(new("dockerfile_missing",
        $"The package is a ManagedDockerBuild, but has no Dockerfile in {ConnectorMetadata.Folder} or at its root.", "Add it; a link is no Dockerfile."));

    public static InstallFailedException ConfigurationNoFolder(string path) => new(new("configuration_no_folder",
        $"The manifest's configuration '{path}' is not a folder.", "Name the folder with the files that the connector reads."));

    public static InstallWarning CommandImageUnavailable(string command, string image, string why) => new("command_image_unavailable",
        $"The command {command} is left out: the container engine has no image {image}, and can't pull it: {why.TrimEnd('.')}.",
        "Load the image into the engine and install again, if the command is needed.");
}
