using System.Text.Unicode;

namespace Platform.Ingest.Load;

/// <summary>Why an object can't be stored; the codes stand in <c>rejects.reason</c> and in the API.</summary>
internal static class RejectReason
{
    public const string EmptyKey = "empty_key";
    public const string KeyTooLong = "key_too_long";
    public const string NulCharacter = "nul_character";
    public const string InvalidUtf8 = "invalid_utf8";
    public const string TooLarge = "object_too_large";

    /// <summary>The longest remote_id in bytes: with a stream name of 255 bytes an index entry still fits a page.</summary>
    public const int MaxRemoteIdBytes = 2048;

    /// <summary>How much of an object over the size limit is kept.</summary>
    public const int MaxKeptBytes = 64 << 10;

    /// <returns>Null: the object can be stored.</returns>
    public static string? Of(ReadOnlySpan<byte> page, in ObjectFields fields, int maxObjectBytes)
    {
        if (fields.Whole.Length > maxObjectBytes)
            return TooLarge;
        return OfKey(page, fields.RemoteId) ?? OfText(fields.ResourceName.Of(page)) ?? OfText(fields.Uri.Of(page)) ?? OfText(fields.Metadata.Of(page));
    }

    /// <returns>Null: the key can be read, whatever the rest of the object is like.</returns>
    public static string? OfKey(ReadOnlySpan<byte> page, Slice remoteId) => remoteId.Length switch
    {
        0 => EmptyKey,
        > MaxRemoteIdBytes => KeyTooLong,
        _ => OfText(remoteId.Of(page)),
    };

    // PostgreSQL's text takes everything that is valid UTF-8, but U+0000.
    private static string? OfText(ReadOnlySpan<byte> text) =>
        text.Contains((byte)0) ? NulCharacter : Utf8.IsValid(text) ? null : InvalidUtf8;
}
