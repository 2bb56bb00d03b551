using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Grpc.Core.Internal;

// Cuts a byte stream into length-prefixed messages. What goes wrong is an RpcException with the status to report.
// Memory grows with what arrived, never with what a prefix announces. decompress: null where the call has no encoding.
internal sealed class MessageReader(PipeReader pipe, int? limit, Func<Stream, Stream>? decompress)
{
    private const int PrefixLength = 5;
    private const int LeastGzip = 18; // header and end around nothing

    public async ValueTask<Received<T>> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (result.IsCanceled)
            {
                pipe.AdvanceTo(buffer.Start);
                throw new OperationCanceledException("The read was cancelled.");
            }

            if (TryCut(buffer, out var compressed, out var payload))
            {
                try
                {
                    return new(true, Deserialize(payload, compressed, marshaller));
                }
                finally
                {
                    pipe.AdvanceTo(payload.End);
                }
            }

            pipe.AdvanceTo(buffer.Start, buffer.End);
            if (!result.IsCompleted)
                continue;

            return buffer.IsEmpty ? default : throw Fail(StatusCode.Internal, "Incomplete message.");
        }
    }

    // A call with one message in this direction: the end of the stream must follow it.
    public async ValueTask<Received<T>> ReadOnlyAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
    {
        var message = await ReadAsync(marshaller, cancellationToken);
        if (!message.Any)
            return message;

        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken);
            var more = !result.Buffer.IsEmpty;
            pipe.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (more)
                throw Fail(StatusCode.Internal, "Unexpected data after finished reading message.");

            if (result.IsCanceled)
                throw new OperationCanceledException("The read was cancelled.");

            if (result.IsCompleted)
                return message;
        }
    }

    private bool TryCut(ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < PrefixLength)
            return false;

        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] > 1)
            throw Fail(StatusCode.Internal, "Unexpected compressed flag value in message header.");

        // A message is one array at most, so the largest array bounds it even without a limit.
        if (length > (uint)(limit ?? Array.MaxLength))
            throw Fail(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");

        if (buffer.Length - PrefixLength < length)
            return false;

        compressed = prefix[0] == 1;
        payload = buffer.Slice(PrefixLength, length);
        return true;
    }

    private T Deserialize<T>(ReadOnlySequence<byte> payload, bool compressed, Marshaller<T> marshaller)
    {
        if (compressed)
            payload = Decompress(payload);

        try
        {
            return marshaller.ContextualDeserializer(new IncomingMessage(payload));
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Failed to deserialize message.", exception));
        }
    }

    // Stops at the limit: a few bytes may unpack to gigabytes.
    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload)
    {
        if (decompress is null)
            throw Fail(StatusCode.Internal, "A message is compressed, but the call has no grpc-encoding.");

        // What some peers make of an empty message.
        if (payload.IsEmpty)
            return payload;

        try
        {
            using var packed = PipeReader.Create(payload).AsStream();
            using var unpacked = decompress(packed);
            var plain = new ArrayBufferWriter<byte>();
            int count;
            while ((count = unpacked.Read(plain.GetSpan(8 * 1024))) > 0)
            {
                plain.Advance(count);
                if (plain.WrittenCount > limit)
                    throw Fail(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
            }

            if (unpacked is GZipStream && !EndsWith(payload, plain.WrittenCount))
                throw new InvalidDataException("The compressed message is truncated.");

            return new(plain.WrittenMemory);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Failed to decompress message.", exception));
        }
    }

    // GZipStream takes a cut input for its end, so a message would arrive shorter than it was sent. The last four bytes
    // of a whole one are its length (RFC 1952, ISIZE).
    private static bool EndsWith(ReadOnlySequence<byte> packed, int length)
    {
        Span<byte> end = stackalloc byte[sizeof(uint)];
        if (packed.Length < LeastGzip)
            return false;

        packed.Slice(packed.Length - end.Length).CopyTo(end);
        return BinaryPrimitives.ReadUInt32LittleEndian(end) == (uint)length;
    }

    private static RpcException Fail(StatusCode code, string detail) => new(new Status(code, detail));

    internal readonly struct Received<T>(bool any, T message)
    {
        [MemberNotNullWhen(true, nameof(Message))]
        public bool Any => any;

        public T? Message => message;
    }
}
