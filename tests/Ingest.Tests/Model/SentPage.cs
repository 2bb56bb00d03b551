using Google.Protobuf;
using Platform.Ingest.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Model;

/// <summary>A page as the sender made it.</summary>
internal sealed record SentPage(string Stream, IReadOnlyList<PageObject> Objects, bool Deletes = false, byte[]? State = null, bool Flush = false)
{
    public LoadMessage ToMessage(long sequence)
    {
        var page = new Page
        {
            Sequence = (ulong)sequence,
            Stream = Stream,
            Objects = UnsafeByteOperations.UnsafeWrap(Pages.Encode(Objects)),
            Flush = Flush,
            Deletes = Deletes,
        };
        if (State is not null)
            page.State = ByteString.CopyFrom(State);
        return new() { Page = page };
    }

    public override string ToString() =>
        $"'{Stream}' {(Deletes ? "deletes " : "")}{Objects.Count} objects{(State is null ? "" : $", state of {State.Length} bytes")}{(Flush ? ", flush" : "")}";
}

internal readonly record struct ObjectKey(string Stream, string RemoteId);

internal sealed record ModelReject(Guid RunId, string Stream, string Reason, string RemoteId, long Size, string Sha256, string Raw);

/// <summary>The rules of the contract about what can be stored, written down a second time.</summary>
internal static class Storable
{
    public const int MaxKeyBytes = 2048;
    public const int MaxKeptBytes = 64 << 10;

    /// <returns>Reason: null, it can be stored. HasKey: which object it is can be told.</returns>
    public static (string? Reason, bool HasKey) Of(PageObject o, bool deletes, int maxObjectBytes)
    {
        var key = OfKey(o.RemoteId);
        if (deletes)
            return (key, key is null);
        var reason = o.CalculateSize() > maxObjectBytes ? "object_too_large"
            : key ?? OfText(o.ResourceName) ?? OfText(o.Uri) ?? OfText(o.Metadata);
        return (reason, key is null);
    }

    private static string? OfKey(ByteString key) => key.Length switch { 0 => "empty_key", > MaxKeyBytes => "key_too_long", _ => OfText(key) };

    private static string? OfText(ByteString text)
    {
        if (text.Span.Contains((byte)0))
            return "nul_character";
        try
        {
            new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(text.Span);
            return null;
        }
        catch (System.Text.DecoderFallbackException)
        {
            return "invalid_utf8";
        }
    }
}
