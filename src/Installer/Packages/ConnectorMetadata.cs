using Platform.Contracts;

namespace Platform.Installer.Packages;

/// <summary>What a package of a connector says of itself: its connector-metadata.yaml (hasura/ndc-hub, RFC 0001 and those that followed it).</summary>
/// <param name="DockerImage">Of a PrebuiltDockerImage; null: it is a ManagedDockerBuild.</param>
/// <param name="SpecGeneration"><c>v0.1</c> or <c>v0.2</c>; metadata that says nothing means v0.1.</param>
/// <param name="Commands">By their names; without watch.</param>
/// <param name="Unusable">Why commands that stand there too can't be used, by their names; each is a warning besides.</param>
internal sealed record ConnectorMetadata(
    string? DockerImage, string SpecGeneration, IReadOnlyList<PackageVariable> Variables, IReadOnlyDictionary<string, MetadataCommand> Commands,
    IReadOnlyDictionary<string, string> Unusable, IReadOnlyList<InstallWarning> Warnings)
{
    /// <summary>Of a package's definition, at the root of the package.</summary>
    public const string Folder = ".hasura-connector";

    public const string FileName = Folder + "/connector-metadata.yaml";
}

/// <summary>Either an image with arguments, or a line for a shell.</summary>
internal sealed record MetadataCommand(string? Image, IReadOnlyList<string>? Arguments, string? Line);
