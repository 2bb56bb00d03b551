using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.GoPlugin;

/// <summary>
/// What the connector's code prints, for the host's stdio stream: stdout belongs to the handshake once serving begins.
/// A writer blocks while 64 chunks are unread, as go-plugin's pipes do.
/// </summary>
internal sealed class StandardStreams
{
    private const int ChunkBytes = 1024;
    private readonly Channel<StdioData> chunks = Channel.CreateBounded<StdioData>(64);

    /// <summary>Takes Console.Out over. Console.Error stays: the host reads that as the log.</summary>
    public static StandardStreams Capture()
    {
        var streams = new StandardStreams();
        Console.SetOut(new StreamWriter(new Sink(streams.chunks.Writer), new UTF8Encoding(false)) { AutoFlush = true });
        return streams;
    }

    public IAsyncEnumerable<StdioData> ReadAsync(CancellationToken cancellationToken) => chunks.Reader.ReadAllAsync(cancellationToken);

    private sealed class Sink(ChannelWriter<StdioData> writer) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new InvalidOperationException("A console has no length.");
        public override long Position { get => Length; set => _ = Length; }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            for (; buffer.Length > 0; buffer = buffer[Math.Min(ChunkBytes, buffer.Length)..])
            {
                var chunk = new StdioData { Channel = StdioData.Types.Channel.Stdout, Data = ByteString.CopyFrom(buffer[..Math.Min(ChunkBytes, buffer.Length)]) };
                if (!writer.TryWrite(chunk))
                    writer.WriteAsync(chunk).AsTask().GetAwaiter().GetResult();
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("A console output can't be read.");

        public override long Seek(long offset, SeekOrigin origin) => Length;

        public override void SetLength(long value) => _ = Length;
    }
}
