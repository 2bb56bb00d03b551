using System.Buffers;

namespace Platform.Registry.Json;

/// <summary>Reads a stream whole, and never more of it than a limit.</summary>
internal static class LimitedBody
{
    /// <returns>The bytes, or null when there are more than <paramref name="limit"/>.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream stream, int limit, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>();
        while (true)
        {
            var left = limit + 1 - buffer.WrittenCount;
            var room = buffer.GetMemory(Math.Min(16 * 1024, left));
            var read = await ReadAsync(stream, room[..Math.Min(room.Length, left)], cancel);
            if (read == 0) return buffer.WrittenMemory;
            if (read == left || read < 0) return null;
            buffer.Advance(read);
        }
    }

    // The server's own limit, which looks at the announced length. It has to be met here: refusing without it would
    // leave a connection that is closed under the caller's next request.
    private static async Task<int> ReadAsync(Stream stream, Memory<byte> room, CancellationToken cancel)
    {
        try
        {
            return await stream.ReadAsync(room, cancel);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return -1;
        }
    }
}
