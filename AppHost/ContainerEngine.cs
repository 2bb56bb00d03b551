using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Platform.AppHost;

/// <summary>
/// The container engine that Runner and Installer use: the one that Platform:ContainerEngine names, else one that answers on this machine, else a private
/// one that comes and goes with the AppHost, where this is root and dockerd is installed (Debian: docker.io). See docs/decisions/0018.
/// </summary>
internal static class ContainerEngine
{
    private static readonly string[] Programs = ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"];

    /// <returns>The socket, or <c>off</c>; null: the services look by themselves, and may find none.</returns>
    internal static string? Find(IDistributedApplicationBuilder builder, PlatformSettings settings)
    {
        if (settings.ContainerEngine != "auto")
            return settings.ContainerEngine;
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } || Answers("/var/run/docker.sock"))
            return null;
        if (!Environment.IsPrivilegedProcess || !Programs.Any(File.Exists))
            return null;

        var data = Path.Combine(settings.DataDirectory, "containers");
        // Short, as the path of a socket ends at 107 bytes, and where only root can make it.
        var run = $"/run/platform-engine-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..8]}";
        builder.AddExecutable("containers", "/bin/sh", ".", "container-engine.sh", data, run);
        return $"{run}/docker.sock";
    }

    private static bool Answers(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
