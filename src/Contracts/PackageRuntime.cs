namespace Platform.Contracts;

/// <summary>
/// How one version of a packaged connector (NDC) runs: written by Installer into the version's bundle, and read by Runner. Being in the bundle it is as
/// immutable as the version.
/// </summary>
/// <param name="Image">The image's id, <c>sha256:</c> and 64 hex digits; that and nothing else runs, whatever its tag means later.</param>
/// <param name="ImageName">What the manifest or the package's metadata called it, or the tag of what was built; shown.</param>
/// <param name="Configuration">
/// The folder, relative to the bundle's root, that is mounted where the connector expects its configuration; null: an empty one, as of images that are built from their configuration.
/// </param>
/// <param name="Metadata">The package's connector-metadata.yaml, relative to the bundle's root; null: there is none, only an image.</param>
/// <param name="SpecGeneration"><c>v0.1</c> or <c>v0.2</c> of the NDC specification; null: not said, the connector's capabilities tell.</param>
/// <param name="Variables">The environment that the package says it takes, in its order.</param>
/// <param name="Commands">By their names in the metadata, such as <c>printSchemaAndCapabilities</c>; watch is left out.</param>
public sealed record PackageRuntime(
    string Image, string? ImageName = null, string? Configuration = null, string? Metadata = null, string? SpecGeneration = null,
    IReadOnlyList<PackageVariable>? Variables = null, IReadOnlyDictionary<string, PackageCommand>? Commands = null)
{
    /// <summary>Where it stands in a bundle. JSON, as PlatformJson of ServiceDefaults writes it.</summary>
    public const string Path = ".platform/package.json";

    /// <summary>Names that begin so are the platform's to give values to (Hasura's RFC 0000-deployment, and the draft before it).</summary>
    public static readonly IReadOnlyList<string> ReservedPrefixes = ["HASURA_", "OTEL_EXPORTER_"];

    public static bool IsReserved(string variable) => ReservedPrefixes.Any(prefix => variable.StartsWith(prefix, StringComparison.Ordinal));
}

/// <param name="Default">Null: none.</param>
public sealed record PackageVariable(string Name, string? Description = null, string? Default = null, bool Required = false);

/// <param name="Image">Kind dockerized: the image's id, as in <see cref="PackageRuntime"/>; null: a shell line.</param>
/// <param name="Arguments">Kind dockerized: the arguments of the image's entrypoint.</param>
/// <param name="Line">A line for a shell, run in the folder of the metadata; null: it is dockerized.</param>
public sealed record PackageCommand(string? Image = null, IReadOnlyList<string>? Arguments = null, string? Line = null);
