using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// Channels to services. A channel is made for each call, which costs next to nothing: connections belong to the handlers, of which there is one for each way of
/// trusting, and they stay open between calls and close by themselves.
/// </summary>
internal sealed class RpcChannels(OutboundGuard guard) : IDisposable
{
    private const int MaxHandlers = 64;
    private const int MaxCaBytes = 1 << 20;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(bool Guarded, string Ca), SocketsHttpHandler> handlers = new();

    /// <param name="bundle">Where a <c>ca</c> file lies below.</param>
    /// <returns>The address, and a channel to it, which the caller disposes.</returns>
    /// <exception cref="RunFaultException"><c>rpc_ca_unusable</c>, or that the service has no such port.</exception>
    public (Uri Address, GrpcChannel Channel) Open(OmsRpc rpc, OmsServer? server, string bundle, int maxMessageBytes)
    {
        // What the file names anybody may have written there; the service's own address is the platform's word.
        var guarded = rpc.Endpoint is not null;
        var scheme = rpc.Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        var own = guarded ? null : (server ?? throw RpcFaults.NoReflection("it does not run now.")).AddressOf(rpc.Port);
        var address = new UriBuilder(scheme, own?.IdnHost ?? rpc.Endpoint!, own?.Port ?? rpc.Port).Uri;
        return (address, GrpcChannel.ForAddress(address, new()
        {
            HttpHandler = Handler(guarded, rpc is { Tls: true, CaFile: { } file } ? ReadCa(bundle, file) : ""),
            MaxReceiveMessageSize = maxMessageBytes,
            MaxSendMessageSize = null,
        }));
    }

    public void Dispose()
    {
        foreach (var handler in handlers.Values)
            handler.Dispose();
    }

    private SocketsHttpHandler Handler(bool guarded, string ca)
    {
        // One that is let go serves its calls to their end.
        if (handlers.Count >= MaxHandlers && !handlers.ContainsKey((guarded, ca)))
            handlers.Clear();
        return handlers.GetOrAdd((guarded, ca), key => Make(key.Guarded, key.Ca));
    }

    private SocketsHttpHandler Make(bool guarded, string ca)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = Lifetime,
            PooledConnectionIdleTimeout = Lifetime,
        };
        if (guarded)
            handler.ConnectCallback = ConnectAsync;
        if (ca.Length > 0)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(ca);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var target = context.DnsEndPoint;
        var addresses = await guard.CheckHostAsync(target.Host, target.Port, cancel);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // To the checked addresses: a second resolution might answer differently.
            await socket.ConnectAsync([.. addresses], target.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string ReadCa(string bundle, string file)
    {
        var path = BundleFiles.Find(bundle, file) ?? throw RpcFaults.CaUnusable(file, "there is no such file");
        try
        {
            if (new FileInfo(path).Length > MaxCaBytes)
                throw RpcFaults.CaUnusable(file, $"it is larger than {MaxCaBytes} bytes");
            var pem = File.ReadAllText(path);
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            return certificates.Count > 0 ? pem : throw RpcFaults.CaUnusable(file, "there is no certificate in it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw RpcFaults.CaUnusable(file, e.Message);
        }
    }
}

/// <summary>Files of a bundle by names that its author wrote.</summary>
internal static class BundleFiles
{
    /// <returns>The path with every link in it resolved; null: it is none of the bundle's files.</returns>
    public static string? Find(string bundle, string name)
    {
        var path = Path.GetFullPath(Path.Combine(bundle, name));
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(bundle)) + Path.DirectorySeparatorChar;
        if (name.Contains('\0') || !path.StartsWith(root, StringComparison.Ordinal) || !File.Exists(path))
            return null;
        // A bundle's links stay within it; so much is checked where it is packed and unpacked.
        return path;
    }
}
