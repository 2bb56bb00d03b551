using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Platform.Ingest.Load;

/// <summary>What is stored in <c>objects.hash</c>: the first half of a SHA-256 over the fields beside the key.</summary>
internal static class ObjectHash
{
    public const int Bytes = 16;

    // One call into the library for all but the longest objects: for a row of usual size the call costs more than the hash.
    private const int MaxCopied = 1 << 10;

    public static void Write(ReadOnlySpan<byte> resourceName, ReadOnlySpan<byte> uri, ReadOnlySpan<byte> metadata, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // Lengths first, so that text moved from one field to the next is a difference.
        Span<byte> lengths = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(lengths, resourceName.Length);
        BinaryPrimitives.WriteInt32BigEndian(lengths[4..], uri.Length);
        if (lengths.Length + resourceName.Length + uri.Length + metadata.Length is var length and <= MaxCopied)
        {
            Span<byte> copy = stackalloc byte[MaxCopied];
            lengths.CopyTo(copy);
            resourceName.CopyTo(copy[8..]);
            uri.CopyTo(copy[(8 + resourceName.Length)..]);
            metadata.CopyTo(copy[(8 + resourceName.Length + uri.Length)..]);
            SHA256.HashData(copy[..length], hash);
        }
        else
        {
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            sha256.AppendData(lengths);
            sha256.AppendData(resourceName);
            sha256.AppendData(uri);
            sha256.AppendData(metadata);
            sha256.GetHashAndReset(hash);
        }

        hash[..Bytes].CopyTo(destination);
    }
}
