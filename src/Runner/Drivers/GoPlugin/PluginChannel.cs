using System.Net.Sockets;
using System.Security.Cryptography;
using Grpc.Net.Client;
using Platform.Protocols.GoPlugin;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>The way to a plugin that has shaken hands: HTTP/2 on its socket, in TLS where AutoMTLS was asked for.</summary>
internal static class PluginChannel
{
    /// <exception cref="RunFaultException">mtls_not_offered or mtls_certificate_unreadable.</exception>
    public static void Trust(MutualTls tls, Handshake handshake)
    {
        if (handshake.Certificate.Length == 0)
            throw Faults.MtlsNotOffered();
        try
        {
            // go-plugin writes it without padding.
            var text = handshake.Certificate.TrimEnd('=');
            tls.Trust(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')));
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw Faults.MtlsCertificateUnreadable();
        }
    }

    /// <summary>One connection for good: the broker's stream lives on the first one, a silent second would part from it.</summary>
    /// <param name="maxMessageBytes">Of what the plugin answers.</param>
    public static GrpcChannel Open(Handshake handshake, MutualTls? tls, int maxMessageBytes)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null,
            ConnectCallback = (_, cancel) => ConnectAsync(handshake, cancel),
        };
        if (tls is not null)
            handler.SslOptions = tls.ClientOptions();
        return GrpcChannel.ForAddress($"{(tls is null ? "http" : "https")}://{MutualTls.ServerName}", new GrpcChannelOptions
        {
            MaxReceiveMessageSize = maxMessageBytes,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
            HttpHandler = handler,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(Handshake handshake, CancellationToken cancel)
    {
        var unix = handshake.Network == "unix";
        var socket = unix ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(unix ? new UnixDomainSocketEndPoint(handshake.Address) : System.Net.IPEndPoint.Parse(handshake.Address), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
