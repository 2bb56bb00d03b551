using System.IO.Compression;

namespace Grpc.Net.Compression;

// One algorithm for messages. Its streams are disposed before their result is used, and never together with another's.
public interface ICompressionProvider
{
    // Its name in grpc-encoding and grpc-accept-encoding.
    string EncodingName { get; }

    // compressionLevel: null for the provider's own choice.
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    Stream CreateDecompressionStream(Stream stream);
}
