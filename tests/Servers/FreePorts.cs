using System.Net;
using System.Net.Sockets;

namespace Platform.Servers;

/// <summary>Ports for processes that a test starts and that take a fixed port.</summary>
public static class FreePorts
{
    // Below the range that the kernel draws ports from (32768 and up), so that no outgoing connection takes one before the process binds it,
    // and below the range that the stand-in of the orchestrator draws from (15000 and up).
    private const int First = 10000;
    private const int Last = 15000;
    private static int _last = Random.Shared.Next(First, Last);

    /// <summary>A port of the loopback address where nothing listens; no other call gets it before some thousand others.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % (Last - First));
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's.
            }
        }
    }
}
