using Platform.Contracts;

namespace Platform.Installer.Tests;

/// <summary>A place that installs an archive from a server of the test's own.</summary>
public abstract class ArchiveTest
{
    public static TheoryData<string> Kinds => ["zip", "tar", "gnu", "tar.gz", "tar.xz"];

    private protected static Workplace Place(Action<InstallOptions>? configure = null) => new(configure, allow: "127.0.0.1");

    private protected static async Task<(Installs.InstallStatus Status, string Tree)> SucceedAsync(Workplace place, byte[] archive, string? subdir = null)
    {
        await using var server = await FileServer.OfAsync(archive);
        return await place.SucceedAsync(Http($"{server.Address}/download", subdir));
    }

    private protected static async Task<InstallError> FailAsync(Workplace place, byte[] archive, string? subdir = null)
    {
        await using var server = await FileServer.OfAsync(archive);
        return await place.FailAsync(Http($"{server.Address}/download", subdir));
    }

    private protected static Manifest Http(string uri, string? subdir) => new("demo", null, "HTTP", uri, null, null, "./run", Subdir: subdir);
}
