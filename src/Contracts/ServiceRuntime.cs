namespace Platform.Contracts;

/// <summary>
/// How one version of a service runs: written by Installer into the version's bundle, and read by Runner. Being in the bundle it is as immutable as the
/// version.
/// </summary>
/// <param name="Kind">One of <see cref="ServiceKinds"/>.</param>
/// <param name="Description">The file that describes the service, relative to the bundle's root, such as <c>oms.yml</c>.</param>
/// <param name="Image">Kind image: the image's id, <c>sha256:</c> and 64 hex digits; that and nothing else runs, whatever its tag means later.</param>
/// <param name="ImageName">Kind image: what the manifest called it, or the tag of what was built; shown.</param>
/// <param name="Address">Kind server: <c>http://host</c> or <c>https://host</c>, with a port where all interfaces of the service share one.</param>
/// <param name="Descriptors">
/// By the name of an action with an RPC interface: the file, relative to the bundle's root, with a FileDescriptorSet; absent: the server is asked by reflection.
/// </param>
public sealed record ServiceRuntime(
    string Kind, string Description, string? Image = null, string? ImageName = null, string? Address = null,
    IReadOnlyDictionary<string, string>? Descriptors = null)
{
    /// <summary>Where it stands in a bundle. JSON, as PlatformJson of ServiceDefaults writes it.</summary>
    public const string Path = ".platform/service.json";
}

public static class ServiceKinds
{
    /// <summary>A container of an image.</summary>
    public const string Image = "image";

    /// <summary>Something that runs already, elsewhere.</summary>
    public const string Server = "server";

    /// <summary>The bundle's files, run in the sandbox without a container.</summary>
    public const string Process = "process";
}
