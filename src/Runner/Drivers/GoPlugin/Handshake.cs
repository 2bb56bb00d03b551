using System.Globalization;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// The first line on a plugin's stdout, <c>core|app|network|address|protocol|certificate</c>, for example
/// <c>1|1|unix|/tmp/plugin42|grpc|</c>. A protocol that is absent means net/rpc, which this host doesn't speak.
/// </summary>
/// <param name="Certificate">With AutoMTLS the plugin's certificate, DER in base64; else empty.</param>
/// <param name="Version">Of the app protocol: one of those offered.</param>
internal sealed record Handshake(string Network, string Address, string Certificate = "", int Version = 1)
{
    // Shorter ones are an old field of another meaning, as go-plugin knows them too.
    private const int MinCertificateCharacters = 51;

    public const int CoreVersion = 1;
    public const int MaxLineBytes = 4096;

    /// <exception cref="RunFaultException">handshake_failed or unsupported_protocol_version, with what was wrong in words.</exception>
    public static Handshake Parse(string line, bool cut, IReadOnlyCollection<int> offeredVersions)
    {
        if (cut)
            throw Faults.HandshakeFailed($"its first line of output is longer than {MaxLineBytes} bytes");

        var fields = line.Trim().Split('|');
        if (fields.Length < 4)
            throw Faults.HandshakeFailed($"its first line of output was {Quote(line)}, expected 1|1|unix|<socket>|grpc|");
        if (!TryInteger(fields[0], out var core))
            throw Faults.HandshakeFailed($"the first field of {Quote(line)} is not a number");
        if (core != CoreVersion)
            throw Faults.UnsupportedProtocolVersion($"It speaks version {core} of the plugin protocol, this host speaks {CoreVersion}.");
        if (!TryInteger(fields[1], out var app))
            throw Faults.HandshakeFailed($"the second field of {Quote(line)}, its protocol version, is not a number");
        if (!offeredVersions.Contains(app))
            throw Faults.UnsupportedProtocolVersion(
                $"It speaks version {app} of its connector protocol, this host offers {string.Join(", ", offeredVersions)}.");
        if ((fields.Length > 4 ? fields[4] : "") is var protocol && protocol != "grpc")
            throw Faults.HandshakeFailed(protocol is "" or "netrpc"
                ? "it offers Go's net/rpc, this host speaks gRPC only"
                : $"it offers the transport {Quote(protocol)}, this host speaks gRPC only");

        var (network, address) = (fields[2], fields[3]);
        var certificate = fields.Length > 5 && fields[5].Length >= MinCertificateCharacters ? fields[5] : "";
        return network switch
        {
            "unix" when address.StartsWith('/') => new(network, address, certificate, app),
            "unix" => throw Faults.HandshakeFailed($"its socket {Quote(address)} is not an absolute path"),
            "tcp" when address.StartsWith("127.0.0.1:", StringComparison.Ordinal)
                && ushort.TryParse(address.AsSpan(10), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 => new(network, address, certificate, app),
            "tcp" => throw Faults.HandshakeFailed($"it listens on {Quote(address)}, only 127.0.0.1 is allowed"),
            _ => throw Faults.HandshakeFailed($"its network {Quote(network)} is neither unix nor tcp"),
        };
    }

    private static bool TryInteger(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static string Quote(string text) => text.Length <= 200 ? $"\"{text}\"" : $"\"{text[..200]}…\"";
}
