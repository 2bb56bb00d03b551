using Google.Protobuf;
using Platform.Objects.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests;

/// <summary>Makes pages as a connector sends them.</summary>
internal static class Pages
{
    public static byte[] Encode(params IEnumerable<PageObject> objects) => new ObjectPage { Objects = { objects } }.ToByteArray();

    public static PageObject Object(string remoteId, string metadata = "{}") => new()
    {
        RemoteId = ByteString.CopyFromUtf8(remoteId),
        ResourceName = ByteString.CopyFromUtf8("file"),
        Uri = ByteString.CopyFromUtf8($"file:///{remoteId}"),
        Metadata = ByteString.CopyFromUtf8(metadata),
    };

    /// <summary>Objects "prefix0" … with the same metadata each.</summary>
    public static byte[] Range(string prefix, int first, int count, string metadata = "{}") =>
        Encode(Enumerable.Range(first, count).Select(i => Object($"{prefix}{i}", metadata)));
}
