using System.Net;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>A body that knows whether the sending of it had begun: if not, the server can't have acted on it. One that was sent is never sent again unasked.</summary>
internal sealed class SentContent : HttpContent
{
    private readonly byte[] bytes;

    public SentContent(HttpBody body)
    {
        bytes = body.Bytes;
        if (body.ContentType is { } type)
            Headers.TryAddWithoutValidation("Content-Type", type);
    }

    public bool HasBegun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return stream.WriteAsync(bytes, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
