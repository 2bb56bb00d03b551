using System.Net;

namespace Platform.Interop.Tests.Client;

// Keeps the flags of the latest response's messages.
internal sealed class ResponseFlags(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    public MessageFlags Latest { get; private set; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        Latest = new MessageFlags();
        response.Content = new ObservedContent(response.Content, Latest);
        return response;
    }

    private sealed class ObservedContent : HttpContent
    {
        private readonly HttpContent inner;
        private readonly MessageFlags flags;

        public ObservedContent(HttpContent inner, MessageFlags flags)
        {
            this.inner = inner;
            this.flags = flags;
            foreach (var (name, values) in inner.Headers)
                Headers.TryAddWithoutValidation(name, values);
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => new ObservedStream(await inner.ReadAsStreamAsync(), flags);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => inner.CopyToAsync(stream, context);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();

            base.Dispose(disposing);
        }
    }
}
