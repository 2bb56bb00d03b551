using System.Net;
using System.Net.Sockets;

namespace Platform.Standins.Tests.Grpc;

// A wire between client and server that can go dead without closing, as when a machine loses its power.
internal sealed class FreezingRelay : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopped = new();
    private readonly List<Socket> sockets = [];
    private volatile bool frozen;

    public FreezingRelay(Uri server)
    {
        listener.Start();
        _ = AcceptAsync(server);
    }

    public Uri Address => new($"http://{listener.LocalEndpoint}");

    // What is sent from now on is taken and goes nowhere.
    public void Freeze() => frozen = true;

    public void Dispose()
    {
        stopped.Cancel();
        listener.Dispose();
        lock (sockets)
            sockets.ForEach(socket => socket.Dispose());

        stopped.Dispose();
    }

    private async Task AcceptAsync(Uri server)
    {
        while (true)
        {
            var near = await listener.AcceptSocketAsync(stopped.Token);
            var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
            lock (sockets)
                sockets.AddRange([near, far]);

            await far.ConnectAsync(server.Host, server.Port, stopped.Token);
            _ = CopyAsync(near, far);
            _ = CopyAsync(far, near);
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, stopped.Token) is > 0 and var count)
        {
            if (!frozen)
                await to.SendAsync(buffer.AsMemory(0, count), stopped.Token);
        }

        if (!frozen)
            to.Shutdown(SocketShutdown.Send);
    }
}
