using System.Collections.Concurrent;
using Google.Protobuf;

namespace Platform.Benchmarks.Calls;

/// <summary>What is sent, the same as in Go/peer.</summary>
internal static class Messages
{
    private static readonly ConcurrentDictionary<int, Message> Made = new();

    /// <summary>Made once: what is measured is the sending.</summary>
    public static Message OfSize(int bytes) => Made.GetOrAdd(bytes, size => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) });

    /// <summary>What one stream brings before the next one is opened.</summary>
    public static int PerStream(int bytes) => bytes < 2000 ? 5000 : 1 + 10_000_000 / bytes;

    public static void Check(Message message, int bytes)
    {
        if (message.Body.Length != bytes)
            throw new InvalidDataException($"a message of {message.Body.Length} bytes");
    }
}
