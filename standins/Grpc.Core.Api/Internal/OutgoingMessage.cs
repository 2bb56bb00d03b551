using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Grpc.Core.Internal;

// One length-prefixed message on its way out: a pooled array that starts with the five bytes of the prefix.
// A large array handed over by the serializer is sent as it is, without a copy.
internal sealed class OutgoingMessage : SerializationContext, IBufferWriter<byte>, IDisposable
{
    private const int PrefixLength = 5;
    private const int CopyBelow = 16 * 1024;

    private byte[] buffer = [];
    private int written;
    private int? expected;
    private byte[]? given;
    private bool complete;

    public int PayloadLength => given?.Length ?? written;

    public ReadOnlySpan<byte> Payload => given ?? buffer.AsSpan(PrefixLength, written);

    // compress: null for a message that goes out as it is. The limit is on the message before that.
    public static OutgoingMessage Serialize<T>(T message, Marshaller<T> marshaller, int? limit, Func<Stream, Stream>? compress)
    {
        var outgoing = new OutgoingMessage();
        try
        {
            marshaller.ContextualSerializer(message, outgoing);
            if (!outgoing.complete)
                throw new InvalidOperationException("The serializer returned without completing the message.");

            if (outgoing.PayloadLength > limit)
                throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));

            // .NET's streams make no valid gzip of nothing.
            return compress is null || outgoing.PayloadLength == 0 ? outgoing : outgoing.Compress(compress);
        }
        catch
        {
            outgoing.Dispose();
            throw;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        expected = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        ThrowIfComplete();
        Reserve(expected ?? 0);
        return this;
    }

    public override void Complete()
    {
        ThrowIfComplete();
        if (expected is { } length && length != written)
            throw new InvalidOperationException($"The serializer announced {length} bytes and wrote {written}.");

        Reserve(0);
        WritePrefix(written, compressed: false);
        complete = true;
    }

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        ThrowIfComplete();
        if (payload.Length < CopyBelow)
        {
            Reserve(payload.Length);
            payload.CopyTo(buffer.AsSpan(PrefixLength));
            written = payload.Length;
        }
        else
        {
            Reserve(0);
            given = payload;
        }

        WritePrefix(payload.Length, compressed: false);
        complete = true;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > buffer.Length - PrefixLength - written)
            throw new InvalidOperationException("More was written than there was room for.");

        written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return buffer.AsMemory(PrefixLength + written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(buffer.AsMemory(0, PrefixLength + written), cancellationToken);
        if (given is not null)
            await stream.WriteAsync(given, cancellationToken);
    }

    public void WriteTo(PipeWriter writer)
    {
        writer.Write(buffer.AsSpan(0, PrefixLength + written));
        if (given is not null)
            writer.Write(given);
    }

    public void Dispose()
    {
        var rented = buffer;
        buffer = [];
        if (rented.Length > 0)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private OutgoingMessage Compress(Func<Stream, Stream> compress)
    {
        var packed = new OutgoingMessage();
        try
        {
            packed.Reserve(0);
            using (var stream = compress(new BufferWriterStream(packed)))
                stream.Write(Payload);

            packed.WritePrefix(packed.written, compressed: true);
            packed.complete = true;
        }
        catch
        {
            packed.Dispose();
            throw;
        }

        Dispose();
        return packed;
    }

    private void Reserve(int size)
    {
        var needed = checked(PrefixLength + written + size);
        if (needed <= buffer.Length)
            return;

        var larger = ArrayPool<byte>.Shared.Rent(expected is null ? Math.Max(needed, (int)Math.Min(2L * buffer.Length, Array.MaxLength)) : needed);
        buffer.AsSpan(0, buffer.Length == 0 ? 0 : PrefixLength + written).CopyTo(larger);
        Dispose();
        buffer = larger;
    }

    private void WritePrefix(int length, bool compressed)
    {
        buffer[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(1), length);
    }

    private void ThrowIfComplete()
    {
        if (complete)
            throw new InvalidOperationException("The message is complete already.");
    }
}
