using System.Buffers;

namespace Platform.Registry.Json;

/// <summary>Reads a stream whole, and never more of it than a limit.</summary>
internal static class LimitedBody
{
    /// <returns>The bytes, or null when there are more than <paramref name="limit"/>.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream stream, long? announced, int limit, CancellationToken cancel)
    {
        if (announced > limit) return null;
        var buffer = new ArrayBufferWriter<byte>();
        while (true)
        {
            var room = buffer.GetMemory((int)Math.Min(16 * 1024, limit + 1L - buffer.WrittenCount));
            var read = await stream.ReadAsync(room[..(int)Math.Min(room.Length, limit + 1L - buffer.WrittenCount)], cancel);
            if (read == 0) return buffer.WrittenMemory;
            buffer.Advance(read);
            if (buffer.WrittenCount > limit) return null;
        }
    }
}
