using System.Text.Json.Serialization;

namespace Platform.Contracts;

/// <summary>
/// How a connector is fetched, built and started: c1's seven fields with their meanings, and optional additions.
/// </summary>
/// <param name="Source">One of <c>HTTP</c>, <c>VCS</c>, <c>Local</c>, for described services and packaged connectors <c>Image</c>, and for the former <c>Server</c>.</param>
/// <param name="Uri">A URL, a git URL, an absolute path, an image's reference, or a server's address, by source.</param>
/// <param name="InstallCommand">Run in the root of the fetched source; null or empty: nothing to build.</param>
/// <param name="UpdateCommand">Run in the files of the current version to make the next; null or empty: the source is fetched and built anew.</param>
/// <param name="Command">Starts the connector from the root of the source; null for described services, whose description says how they start, and packaged connectors, whose image does.</param>
/// <param name="Ref">VCS only: branch, tag or commit; null: the default branch.</param>
/// <param name="Subdir">VCS and archives by HTTP: the folder that is the source's root; relative, without <c>..</c>.</param>
/// <param name="Protocol">The connector's way of talking; null means <c>c1</c>.</param>
/// <param name="AutoMtls">go-plugin connectors only: host and connector speak TLS and show each other throw-away certificates; null means false.</param>
/// <param name="Version">What its author calls this version; shown, never compared.</param>
/// <param name="Sha256">HTTP only: what the downloaded file must have, 64 hex digits.</param>
/// <param name="Env">Environment variables that the connector starts with.</param>
/// <param name="Limits">What the connector needs, within what the platform allows.</param>
/// <param name="Platforms">Where it runs, as <c>linux/amd64</c>; null: anywhere.</param>
/// <param name="DescribedBy">
/// Described services only, where the description is: a path in the source or image, and for a Server a URL or an absolute path; null: at the root, by its
/// usual name.
/// </param>
/// <param name="Configuration">Packaged connectors of source Image only: the absolute path of a folder with the files that the connector reads; null: none.</param>
public sealed record Manifest(
    string Name,
    string? Description,
    string Source,
    string Uri,
    string? InstallCommand,
    string? UpdateCommand,
    string? Command,
    string? Ref = null,
    string? Subdir = null,
    string? Protocol = null,
    // Absent rather than null: versions are compared by their manifests' JSON, and older ones don't have these.
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? AutoMtls = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Version = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Sha256 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Env = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ManifestLimits? Limits = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Platforms = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DescribedBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Configuration = null)
{
    /// <summary>The protocol of services that a file describes (Open Microservice Specification), instead of speaking one of a connector's.</summary>
    public const string ServiceProtocol = "oms";

    /// <summary>The protocol of packaged connectors: images that serve the NDC specification over HTTP.</summary>
    public const string PackageProtocol = "ndc";

    [JsonIgnore]
    public bool IsService => Protocol == ServiceProtocol;

    [JsonIgnore]
    public bool IsPackage => Protocol == PackageProtocol;

    /// <summary>Its command starts it; the install makes nothing of its files but the bundle.</summary>
    [JsonIgnore]
    public bool IsProgram => !IsService && !IsPackage;
}

/// <summary>Null members: the platform's own setting.</summary>
/// <param name="MemoryMb">Resident memory of all its processes together, in MiB; 16 and up, at most what the Runner's setting allows.</param>
/// <param name="Processes">Processes and threads together; 8 and up, at most what the Runner's setting allows.</param>
/// <param name="StartSeconds">From the start of the process to its handshake; 1 to 3600.</param>
public sealed record ManifestLimits(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? MemoryMb = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Processes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? StartSeconds = null);
