using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Platform.ServiceDefaults.Tests;

/// <summary>Stands before a server so that a test can make it go away and come back.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private IPEndPoint target = null!;
    private readonly ConcurrentDictionary<Socket, byte> open = new();
    private Socket? listener;

    public TcpRelay(string host, int port)
    {
        LeadTo(host, port);
        Up();
    }

    public int Port { get; private set; }

    /// <summary>For whoever connects from now on.</summary>
    public void LeadTo(string host, int port) => target = new IPEndPoint(host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host), port);

    public void Up()
    {
        listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen();
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _ = AcceptAsync(listener);
    }

    public void Down()
    {
        listener?.Dispose();
        foreach (var socket in open.Keys)
            socket.Dispose();
        open.Clear();
    }

    private async Task AcceptAsync(Socket from)
    {
        try
        {
            while (true)
            {
                var near = await from.AcceptAsync();
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(target);
                open[near] = open[far] = 0;
                _ = PumpAsync(near, far);
                _ = PumpAsync(far, near);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Down.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
                await to.SendAsync(buffer.AsMemory(0, count));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Down, or one side left.
        }
        from.Dispose();
        to.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Down();
        return ValueTask.CompletedTask;
    }
}
