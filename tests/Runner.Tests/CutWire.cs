using System.Net;
using System.Net.Sockets;

namespace Platform.Runner.Tests;

/// <summary>Stands before a server and goes dead without closing, as when a machine loses its power; new connections work again.</summary>
internal sealed class CutWire : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopped = new();
    private volatile int cuts;

    public CutWire(Uri server)
    {
        listener.Start();
        _ = AcceptAsync(server);
    }

    public string Address => $"http://{listener.LocalEndpoint}";

    /// <summary>What is sent from now on over the connections that there are is taken and goes nowhere.</summary>
    public void Cut() => Interlocked.Increment(ref cuts);

    public void Dispose()
    {
        stopped.Cancel();
        listener.Dispose();
        stopped.Dispose();
    }

    private async Task AcceptAsync(Uri server)
    {
        while (true)
        {
            var near = await listener.AcceptSocketAsync(stopped.Token);
            _ = CarryAsync(near, server, cuts);
        }
    }

    private async Task CarryAsync(Socket near, Uri server, int since)
    {
        using (near)
        {
            using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await far.ConnectAsync(server.Host, server.Port, stopped.Token);
            await Task.WhenAll(PumpAsync(near, far, since), PumpAsync(far, near, since));
        }
    }

    private async Task PumpAsync(Socket from, Socket to, int since)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, stopped.Token) is > 0 and var count)
        {
            if (cuts == since)
                await to.SendAsync(buffer.AsMemory(0, count), stopped.Token);
        }

        if (cuts == since)
            to.Shutdown(SocketShutdown.Send);
    }
}
