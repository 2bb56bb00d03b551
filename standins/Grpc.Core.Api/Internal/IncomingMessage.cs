using System.Buffers;

namespace Grpc.Core.Internal;

// The payload where it lies in the transport's buffers: good only until the deserializer returns.
internal sealed class IncomingMessage(ReadOnlySequence<byte> payload) : DeserializationContext
{
    public override int PayloadLength => (int)payload.Length;

    public override byte[] PayloadAsNewBuffer() => payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;
}
