using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.GoPlugin;

/// <summary>Addresses that the host offers by id, each good for one dial.</summary>
internal sealed class Broker
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

    private static GrpcChannel Channel(ConnInfo offer) => GrpcChannel.ForAddress("http://unused", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = null,
        MaxSendMessageSize = null,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = async (_, cancellationToken) =>
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
            },
        },
    });
}
