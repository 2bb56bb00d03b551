using System.Text.Json.Serialization;

namespace Platform.Contracts;

/// <summary>
/// How a connector is fetched, built and started: c1's seven fields with their meanings, and optional additions.
/// </summary>
/// <param name="Source">One of <c>HTTP</c>, <c>VCS</c>, <c>Local</c>.</param>
/// <param name="Uri">A URL, a git URL, or an absolute path, by source.</param>
/// <param name="InstallCommand">Run in the root of the fetched source; null or empty: nothing to build.</param>
/// <param name="Command">Starts the connector from the root of the source.</param>
/// <param name="Ref">VCS only: branch, tag or commit; null: the default branch.</param>
/// <param name="Subdir">VCS only: the folder of the repository that is the source's root; relative, without <c>..</c>.</param>
/// <param name="Protocol">The connector's way of talking; null means <c>c1</c>.</param>
/// <param name="AutoMtls">go-plugin connectors only: host and connector speak TLS and show each other throw-away certificates; null means false.</param>
public sealed record Manifest(
    string Name,
    string? Description,
    string Source,
    string Uri,
    string? InstallCommand,
    string? UpdateCommand,
    string Command,
    string? Ref = null,
    string? Subdir = null,
    string? Protocol = null,
    // Absent rather than null: versions are compared by their manifests' JSON, and older ones don't have it.
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? AutoMtls = null);
