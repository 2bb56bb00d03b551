using Platform.Installer.Images;
using YamlDotNet.RepresentationModel;

namespace Platform.Installer.Packages;

/// <summary>
/// Reads a connector-metadata.yaml. Keys that it does not know pass, as they do at the hub; what it needs must be right, and all that is wrong is told at once.
/// </summary>
internal static class MetadataReader
{
    private const string Prebuilt = "PrebuiltDockerImage", Managed = "ManagedDockerBuild";
    private const string Version2 = "v2", FirstGeneration = "v0.1";
    private static readonly string[] versions = ["v1", Version2];
    private static readonly string[] generations = [FirstGeneration, "v0.2"];

    /// <exception cref="InstallFailedException"><c>metadata_malformed</c> or <c>metadata_invalid</c>.</exception>
    public static ConnectorMetadata Read(string text)
    {
        var (root, findings) = (MetadataYaml.Read(text), new MetadataFindings());
        var generation = Generation(root, findings);
        var image = DockerImage(root, findings);
        var variables = MetadataVariables.Read(root, findings);
        var (commands, unusable) = MetadataCommands.Read(root, findings);
        findings.ThrowErrors();
        return new(image, generation, variables, commands, unusable, findings.Warnings);
    }

    // RFC 0013: a client can be chosen without running the connector; what is older than the field speaks v0.1.
    private static string Generation(YamlMappingNode root, MetadataFindings findings)
    {
        var version = findings.Text(root, "version", "version");
        if (version is not null && !versions.Contains(version))
            findings.Error("unknown_version", root.Find("version")!, $"version is '{version}'; known are {string.Join(", ", versions)}, and none at all");
        var generation = findings.Text(root, "ndcSpecGeneration", "ndcSpecGeneration");
        if (generation is null && version == Version2 && root.Find("ndcSpecGeneration") is null)
            findings.Error("ndc_spec_generation_missing", root.Find("version")!, $"metadata of version {Version2} needs ndcSpecGeneration, {string.Join(" or ", generations)}");
        if (generation is not null && !generations.Contains(generation))
            findings.Error("unknown_ndc_spec_generation", root.Find("ndcSpecGeneration")!, $"ndcSpecGeneration is '{generation}'; known are {string.Join(" and ", generations)}");
        return generation ?? FirstGeneration;
    }

    private static string? DockerImage(YamlMappingNode root, MetadataFindings findings)
    {
        if (root.Find("packagingDefinition") is not YamlMappingNode packaging)
        {
            findings.Error("packaging_definition_missing", root.Find("packagingDefinition") ?? root, $"packagingDefinition must be a mapping with type {Prebuilt} or {Managed}");
            return null;
        }
        switch (findings.Text(packaging, "type", "packagingDefinition.type"))
        {
            case Managed:
                return null;
            case Prebuilt:
                var image = findings.Text(packaging, "dockerImage", "packagingDefinition.dockerImage");
                if (string.IsNullOrWhiteSpace(image))
                    findings.Error("docker_image_empty", packaging, $"packagingDefinition.dockerImage is empty: a {Prebuilt} names its image, which in a source tree is often filled in at the release only");
                else if (!ImageReference.IsOne(image))
                    findings.Error("docker_image_invalid", packaging.Find("dockerImage")!, $"packagingDefinition.dockerImage '{image}' is no reference of an image");
                return image;
            case var type:
                findings.Error("unknown_packaging_type", packaging.Find("type") ?? packaging, $"packagingDefinition.type {(type is null ? "is missing" : $"is '{type}'")}; known are {Prebuilt} and {Managed}");
                return null;
        }
    }
}
