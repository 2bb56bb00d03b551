using System.Buffers.Binary;

namespace Platform.Interop.Tests;

// The compressed flags of the messages that pass in one direction of a call. The API shows them to nobody, so they are read
// from the bytes: a flag, four bytes of length, and that many bytes.
internal sealed class MessageFlags
{
    private const int PrefixLength = 5;

    private readonly Lock gate = new();
    private readonly Queue<bool> flags = [];
    private readonly byte[] prefix = new byte[PrefixLength];
    private int prefixed;
    private long rest;

    // The flag of the oldest message not asked for yet.
    public bool Next()
    {
        lock (gate)
            return flags.Dequeue();
    }

    public void Observe(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            while (!bytes.IsEmpty)
            {
                var payload = (int)Math.Min(rest, bytes.Length);
                rest -= payload;
                bytes = bytes[payload..];
                var part = Math.Min(rest == 0 ? PrefixLength - prefixed : 0, bytes.Length);
                bytes[..part].CopyTo(prefix.AsSpan(prefixed));
                prefixed += part;
                bytes = bytes[part..];
                if (prefixed < PrefixLength)
                    continue;

                flags.Enqueue(prefix[0] == 1);
                rest = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
                prefixed = 0;
            }
        }
    }
}
