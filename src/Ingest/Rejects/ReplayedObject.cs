using System.Text;
using Google.Protobuf;
using Platform.Ingest.Load;
using Platform.Objects.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Rejects;

/// <summary>What is to be stored of the bytes that were kept, after the mending that was asked for. Pure.</summary>
internal static class ReplayedObject
{
    /// <param name="raw">A whole object.</param>
    /// <param name="remoteId">Instead of its own; null: its own.</param>
    /// <param name="replaceInvalid">Bytes that are no UTF-8, and U+0000, become U+FFFD.</param>
    public static (ReadOnlyMemory<byte> Page, ObjectFields Fields) Of(byte[] raw, string? remoteId, bool replaceInvalid)
    {
        var (page, fields) = Read(raw);
        if (remoteId is null && !replaceInvalid)
            return (page, fields);
        ByteString Mend(Slice slice) => replaceInvalid
            ? ByteString.CopyFromUtf8(Encoding.UTF8.GetString(slice.Of(page.Span)).Replace('\0', '\ufffd'))
            : UnsafeByteOperations.UnsafeWrap(slice.Of(page));
        return Read(new PageObject
        {
            RemoteId = remoteId is null ? Mend(fields.RemoteId) : ByteString.CopyFromUtf8(remoteId),
            ResourceName = Mend(fields.ResourceName),
            Uri = Mend(fields.Uri),
            Metadata = Mend(fields.Metadata),
        }.ToByteArray());
    }

    /// <summary>A page of this one object: the same reader, and so the same rules, as in a load.</summary>
    public static (ReadOnlyMemory<byte> Page, ObjectFields Fields) Read(byte[] raw)
    {
        var page = new byte[raw.Length + 8];
        var output = new CodedOutputStream(page);
        output.WriteTag(ObjectPage.ObjectsFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(raw));
        var length = page.Length - output.SpaceLeft;
        new ObjectPageReader(page.AsSpan(0, length)).Next(out var fields);
        return (page.AsMemory(0, length), fields);
    }
}
