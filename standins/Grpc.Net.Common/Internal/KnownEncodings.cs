using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Grpc.Core.Internal;
using Grpc.Net.Compression;

namespace Grpc.Net.Internal;

// The encodings that one side can read and write: those of its providers, gzip if it names none. Of two with one name the last counts.
internal sealed class KnownEncodings
{
    public static readonly KnownEncodings Default = new([new GzipCompressionProvider(CompressionLevel.Fastest)]);

    private readonly Dictionary<string, ICompressionProvider> providers = new(StringComparer.Ordinal);

    private KnownEncodings(IEnumerable<ICompressionProvider> providers)
    {
        foreach (var provider in providers)
            this.providers[provider.EncodingName] = provider;

        Accepted = string.Join(',', [WireFormat.Identity, .. this.providers.Keys]);
    }

    // The value of grpc-accept-encoding.
    public string Accepted { get; }

    public static KnownEncodings Of(ICollection<ICompressionProvider>? providers) => providers is null or { Count: 0 } ? Default : new(providers);

    public bool TryFind(string? encoding, [NotNullWhen(true)] out ICompressionProvider? provider)
    {
        provider = null;
        return encoding is not null && providers.TryGetValue(encoding, out provider);
    }

    // For messages that come with this grpc-encoding. False: it is not known here.
    public bool TryRead(string? encoding, out Func<Stream, Stream>? decompress)
    {
        decompress = null;
        if (encoding is null or WireFormat.Identity)
            return true;

        if (!providers.TryGetValue(encoding, out var provider))
            return false;

        decompress = provider.CreateDecompressionStream;
        return true;
    }

    // Whether a peer's grpc-accept-encoding has it.
    public static bool IsAccepted(string? accepted, string encoding)
    {
        foreach (var range in accepted.AsSpan().Split(','))
        {
            if (accepted.AsSpan()[range].Trim().Equals(encoding, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
