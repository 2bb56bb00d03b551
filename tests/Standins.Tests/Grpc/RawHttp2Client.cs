using System.Text;

namespace Platform.Standins.Tests.Grpc;

// The frames of one call on stream 1, by hand (RFC 9113, RFC 7541).
internal static class RawHttp2Client
{
    private const int Stream = 1;

    public static ReadOnlyMemory<byte> Preface { get; } = (byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(RawHttp2Server.Settings, 0, default, stream: 0).Span];

    public static ReadOnlyMemory<byte> Headers(string path) => Frame(RawHttp2Server.Headers, RawHttp2Server.EndHeaders,
    [
        0x83, 0x86, // :method POST, :scheme http
        .. Literal(":path", path), .. Literal(":authority", "localhost"), .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers"),
    ]);

    public static ReadOnlyMemory<byte> Frame(byte type, byte flags, ReadOnlySpan<byte> payload, int stream = Stream) => RawHttp2Server.Frame(type, flags, stream, payload);

    private static byte[] Literal(string name, string value) => [0x00, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
