using Grpc.Core;
using Platform.Protocols.GoPlugin;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// The stream on which the two sides tell each other where they listen. It is opened once and held: when it ends, the
/// plugin's side of it is dead for good, so its loss is the connector's failure.
/// </summary>
internal sealed class BrokerStream : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ConnInfo, ConnInfo> call;
    private uint lastId;

    public BrokerStream(GRPCBroker.GRPCBrokerClient client)
    {
        call = client.StartStream();
        Ended = ReadAsync();
    }

    /// <summary>Ends with the stream; never fails.</summary>
    public Task Ended { get; }

    /// <summary>Announces a listener, which has to listen already: the plugin doesn't dial twice.</summary>
    /// <returns>The id by which the plugin is to ask for it; ids count from 1.</returns>
    public async Task<uint> AnnounceAsync(string unixSocket)
    {
        var id = Interlocked.Increment(ref lastId);
        await call.RequestStream.WriteAsync(new ConnInfo { ServiceId = id, Network = "unix", Address = unixSocket });
        return id;
    }

    public void Dispose() => call.Dispose();

    // What a plugin announces itself is of no use here, but has to be read.
    private async Task ReadAsync()
    {
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // However it ended, it has ended.
        }
    }
}
