using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Aspire.Hosting.Orchestration;

internal static class Ports
{
    // Below the range from which the kernel draws ports of outgoing connections, so that nobody takes one between here and the server's bind.
    private const int First = 15000;
    private const int Last = 32000;
    private static readonly HashSet<int> given = [];

    internal static int Free()
    {
        lock (given)
        {
            while (true)
            {
                var port = RandomNumberGenerator.GetInt32(First, Last);
                if (TryTake(port))
                    return port;
            }
        }
    }

    /// <summary>False when something listens there, or when the port has been given to another endpoint of this process.</summary>
    internal static bool TryTake(int port)
    {
        lock (given)
            return !given.Contains(port) && IsFree(port) && given.Add(port);
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
