using System.Buffers;
using Grpc.Core;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// A page as its bytes on the wire, in an array of the pool: one of its own for each page would be most of what the
/// Runner allocates, and too large for the young generations.
/// </summary>
internal sealed class ReceivedPage(byte[] rented, int length)
{
    /// <summary>Receives only; nothing here sends a page.</summary>
    public static readonly Marshaller<ReceivedPage> Marshaller = Marshallers.Create(static (page, context) => context.Complete(page.Bytes.ToArray()), Read);

    public ReadOnlyMemory<byte> Bytes => rented.AsMemory(0, length);

    /// <summary>Once, and only if nothing can still be reading the page: not after a write that failed.</summary>
    public void Release() => ArrayPool<byte>.Shared.Return(rented);

    private static ReceivedPage Read(DeserializationContext context)
    {
        var payload = context.PayloadAsReadOnlySequence();
        var length = checked((int)payload.Length);
        var rented = ArrayPool<byte>.Shared.Rent(length);
        payload.CopyTo(rented);
        return new(rented, length);
    }
}
