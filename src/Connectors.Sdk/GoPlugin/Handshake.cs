using System.Text;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.GoPlugin;

/// <summary>The first words between a go-plugin host and its plugin: a cookie in the environment, a line on stdout.</summary>
internal static class Handshake
{
    private const string CookieKey = "BASIC_PLUGIN";
    private const string CookieValue = "hello";
    private const int C1Version = 1;

    private static readonly Stream StandardOutput = Console.OpenStandardOutput();

    /// <summary>Why this process can't serve, or null when a fitting host started it.</summary>
    public static string? Refusal()
    {
        if (Environment.GetEnvironmentVariable(CookieKey) != CookieValue)
            return "This is a connector. It is not made to be run by hand:\ninstall it on a connector platform, which starts it and tells it what to do.";

        var offered = Environment.GetEnvironmentVariable("PLUGIN_PROTOCOL_VERSIONS");
        return offered is null || offered.Split(',').Contains(C1Version.ToString())
            ? null
            : $"The host speaks protocol versions {offered}; this connector speaks {C1Version}. Use a host that offers {C1Version}.";
    }

    /// <summary>The certificate of a host that asks for AutoMTLS, as PEM text; null when it doesn't ask.</summary>
    public static string? HostCertificate() =>
        Environment.GetEnvironmentVariable(MutualTls.ClientCertificateVariable) is { Length: > 0 } pem ? pem : null;

    /// <summary><c>core|app|network|address|protocol|certificate</c>; written once the socket accepts.</summary>
    /// <param name="socketPath">Absolute, and listening.</param>
    /// <param name="tls">Its certificate is told as DER in base64 without padding; null: the field stays empty.</param>
    public static void Announce(string socketPath, MutualTls? tls)
    {
        var certificate = tls is null ? "" : Convert.ToBase64String(tls.Certificate).TrimEnd('=');
        StandardOutput.Write(Encoding.UTF8.GetBytes($"1|{C1Version}|unix|{socketPath}|grpc|{certificate}\n"));
        StandardOutput.Flush();
    }
}
