using System.Text;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.GoPlugin;

/// <summary>The first words between a go-plugin host and its plugin: a cookie in the environment, a line on stdout.</summary>
internal static class Handshake
{
    private const string CookieKey = "BASIC_PLUGIN";
    private const string CookieValue = "hello";
    private static readonly Stream StandardOutput = Console.OpenStandardOutput();

    /// <summary>Why this process can't serve, or the contract to serve: the best that the host offers too.</summary>
    public static (string? Refusal, ConnectorProtocols Agreed) Agree(ConnectorProtocols served)
    {
        if (Environment.GetEnvironmentVariable(CookieKey) != CookieValue)
            return ("This is a connector. It is not made to be run by hand:\ninstall it on a connector platform, which starts it and tells it what to do.", default);

        ConnectorProtocols[] known = [.. new[] { ConnectorProtocols.Platform, ConnectorProtocols.C1 }.Where(p => served.HasFlag(p))];
        // A host that says nothing is an old one, which knows the first version alone.
        var offered = (Environment.GetEnvironmentVariable("PLUGIN_PROTOCOL_VERSIONS") ?? "1").Split(',');
        var agreed = known.FirstOrDefault(p => offered.Contains($"{Version(p)}"));
        return agreed == default
            ? ($"The host speaks protocol versions {string.Join(", ", offered)}; this connector speaks {string.Join(" and ", known.Select(Version))}. Use a host that offers one of them.", default)
            : (null, agreed);
    }

    /// <summary>The certificate of a host that asks for AutoMTLS, as PEM text; null when it doesn't ask.</summary>
    public static string? HostCertificate() =>
        Environment.GetEnvironmentVariable(MutualTls.ClientCertificateVariable) is { Length: > 0 } pem ? pem : null;

    /// <summary><c>core|app|network|address|protocol|certificate</c>; written once the socket accepts.</summary>
    /// <param name="agreed">One contract.</param>
    /// <param name="socketPath">Absolute, and listening.</param>
    /// <param name="tls">Its certificate is told as DER in base64 without padding; null: the field stays empty.</param>
    public static void Announce(ConnectorProtocols agreed, string socketPath, MutualTls? tls)
    {
        var certificate = tls is null ? "" : Convert.ToBase64String(tls.Certificate).TrimEnd('=');
        StandardOutput.Write(Encoding.UTF8.GetBytes($"1|{Version(agreed)}|unix|{socketPath}|grpc|{certificate}\n"));
        StandardOutput.Flush();
    }

    private static int Version(ConnectorProtocols protocol) => protocol == ConnectorProtocols.Platform ? 3 : 1;
}
