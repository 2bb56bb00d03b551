using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.GoPlugin;

/// <summary>
/// What the connector's code prints, for the host's stdio stream: stdout belongs to the handshake once serving begins.
/// Printing never blocks for good and nothing is lost: while the host reads, a writer that is far ahead waits for it; where
/// the host doesn't read, or no longer, what finds no room goes to stderr, which every host reads as the log.
/// Console.Error stays the real stderr, unlike go-plugin's: it ends in the same log, and last words before an exit get
/// there whatever happens to the stream.
/// </summary>
internal sealed class StandardStreams : IDisposable
{
    // As go-plugin's own.
    private const int ChunkBytes = 1024;
    private const int MaxUnreadChunks = 4096;
    private static readonly TimeSpan ExitLimit = TimeSpan.FromMilliseconds(500);

    private readonly Channel<StdioData> chunks = Channel.CreateBounded<StdioData>(MaxUnreadChunks);
    private readonly Stream standardError = Console.OpenStandardError();
    private readonly TextWriter log = Console.Error;
    private readonly ManualResetEventSlim readToEnd = new();
    private readonly EventHandler onExit;
    private readonly UnhandledExceptionEventHandler onCrash;
    private volatile bool isRead;

    private StandardStreams()
    {
        // A process that ends in another way than by the host's shutdown still tells its last words.
        onExit = (_, _) => Exit();
        onCrash = (_, _) => Exit();
        AppDomain.CurrentDomain.ProcessExit += onExit;
        AppDomain.CurrentDomain.UnhandledException += onCrash;
    }

    /// <summary>Takes Console.Out over, for the rest of the process.</summary>
    public static StandardStreams Capture()
    {
        var streams = new StandardStreams();
        Console.SetOut(new StreamWriter(new PrintStream(streams), new UTF8Encoding(false)) { AutoFlush = true });
        return streams;
    }

    /// <summary>Everything printed, from the beginning; ends after <see cref="Complete"/>, when all is read.</summary>
    public IAsyncEnumerable<StdioData> ReadAsync(CancellationToken cancellationToken)
    {
        isRead = true;
        return chunks.Reader.ReadAllAsync(cancellationToken);
    }

    /// <summary>What is printed from now on goes to the log.</summary>
    public void Complete() => chunks.Writer.TryComplete();

    /// <summary>Nobody reads any more: what is unread goes to the log, as all that follows.</summary>
    public void End()
    {
        Complete();
        while (chunks.Reader.TryRead(out var unread))
            WriteToLog(unread);
        readToEnd.Set();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= onExit;
        AppDomain.CurrentDomain.UnhandledException -= onCrash;
        End();
    }

    private void Exit()
    {
        Complete();
        if (isRead)
            readToEnd.Wait(ExitLimit);
        End();
    }

    private void Write(StdioData chunk)
    {
        if (chunks.Writer.TryWrite(chunk))
            return;
        try
        {
            if (isRead)
            {
                chunks.Writer.WriteAsync(chunk).AsTask().GetAwaiter().GetResult();
                return;
            }
        }
        catch (ChannelClosedException)
        {
            // The host stopped reading while this waited.
        }

        WriteToLog(chunk);
    }

    private void WriteToLog(StdioData chunk)
    {
        // Not into the middle of a log entry.
        lock (log)
            standardError.Write(chunk.Data.Span);
    }

    private sealed class PrintStream(StandardStreams streams) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new InvalidOperationException("A console has no length.");
        public override long Position { get => Length; set => _ = Length; }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            for (int length; buffer.Length > 0; buffer = buffer[length..])
            {
                length = Math.Min(ChunkBytes, buffer.Length);
                streams.Write(new StdioData { Channel = StdioData.Types.Channel.Stdout, Data = ByteString.CopyFrom(buffer[..length]) });
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
