using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Platform.Standins.Tests.Grpc;

// HTTP/2 by hand (RFC 9113), to answer a call with frames that no library would send.
internal sealed class RawHttp2Server : IDisposable
{
    public const byte Data = 0x0, Headers = 0x1, Reset = 0x3, Settings = 0x4, GoAway = 0x7, WindowUpdate = 0x8;
    public const byte EndStream = 0x1, EndHeaders = 0x4, Ack = 0x1;
    private const int PrefaceLength = 24;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopped = new();
    private readonly Func<RawHttp2Server, NetworkStream, int, Task> answer;

    // answer: called with the connection and the number of each stream that a client opens.
    public RawHttp2Server(Func<RawHttp2Server, NetworkStream, int, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://{listener.LocalEndpoint}");

    // :status 200 and content-type application/grpc, as HPACK without compression (RFC 7541).
    public static byte[] GrpcHeaders { get; } = [0x88, 0x0f, 0x10, 16, .. "application/grpc"u8];

    // grpc-status 0, as HPACK without compression.
    public static byte[] GrpcTrailers { get; } = [0x00, 11, .. "grpc-status"u8, 1, .. "0"u8];

    // length: what the frame says of itself, if that is not the truth.
    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload, int? length = null)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, (length ?? payload.Length) << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    public async Task SendAsync(NetworkStream connection, byte type, byte flags, int stream, ReadOnlyMemory<byte> payload, int? length = null) =>
        await connection.WriteAsync(Frame(type, flags, stream, payload.Span, length), stopped.Token);

    public void Dispose()
    {
        stopped.Cancel();
        listener.Dispose();
        stopped.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
            _ = ServeAsync(await listener.AcceptSocketAsync(stopped.Token));
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var connection = new NetworkStream(socket, ownsSocket: true);
        await connection.ReadExactlyAsync(new byte[PrefaceLength], stopped.Token);
        await SendAsync(connection, Settings, 0, 0, default);
        var head = new byte[9];
        while (await connection.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, stopped.Token) == head.Length)
        {
            await connection.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8], stopped.Token);
            if (head[3] == Settings && (head[4] & Ack) == 0)
                await SendAsync(connection, Settings, Ack, 0, default);

            if (head[3] == Headers)
                await answer(this, connection, BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)));
        }
    }
}
