using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.GoPlugin;

/// <summary>Addresses that the host offers by id, each good for one dial.</summary>
/// <param name="tls">How the host is dialled when it asked for AutoMTLS; null: plain HTTP/2.</param>
internal sealed class Broker(MutualTls? tls = null)
{
    private static readonly TimeSpan OfferTimeout = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<ConnInfo>> offers = new();

    public void Offer(ConnInfo offer) => Pending(offer.ServiceId).TrySetResult(offer);

    /// <exception cref="RpcException">UNAVAILABLE: the host offered nothing under that id within 5 s.</exception>
    public async Task<GrpcChannel> DialAsync(uint id, CancellationToken cancellationToken)
    {
        try
        {
            return Channel(await Pending(id).Task.WaitAsync(OfferTimeout, cancellationToken));
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"the host offered no listener for broker id {id} within {OfferTimeout.TotalSeconds} s"));
        }
        finally
        {
            offers.TryRemove(id, out _);
        }
    }

    private TaskCompletionSource<ConnInfo> Pending(uint id) =>
        offers.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private GrpcChannel Channel(ConnInfo offer)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = (_, cancellationToken) => ConnectAsync(offer, cancellationToken),
        };
        if (tls is not null)
            handler.SslOptions = tls.ClientOptions();
        return GrpcChannel.ForAddress($"{(tls is null ? "http" : "https")}://{MutualTls.ServerName}", new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
            HttpHandler = handler,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(ConnInfo offer, CancellationToken cancellationToken)
    {
        var unix = offer.Network == "unix";
        var socket = unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(unix ? new UnixDomainSocketEndPoint(offer.Address) : System.Net.IPEndPoint.Parse(offer.Address), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
