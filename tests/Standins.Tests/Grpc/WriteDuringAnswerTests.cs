using System.Net;
using Grpc.Core;

namespace Platform.Standins.Tests.Grpc;

// The server may answer while the message that it answers is still being flushed here.
public sealed class WriteDuringAnswerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_on_its_way_when_the_server_ends_the_call_counts_as_written()
    {
        await using var server = await EchoServer.StartAsync(client: options =>
        {
            options.HttpHandler = new SlowFlushes(new SocketsHttpHandler());
            options.DisposeHttpClient = true;
        });
        using var call = server.Client.Chat(cancellationToken: Cancellation);

        await call.RequestStream.WriteAsync(new EchoRequest { Text = "no", FailWith = (int)StatusCode.NotFound }, Cancellation).WaitAsync(EchoServer.Patience, Cancellation);

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation));
        Assert.Equal((StatusCode.NotFound, "no"), (exception.StatusCode, exception.Status.Detail));
        exception = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoRequest(), Cancellation));
        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task A_message_on_its_way_when_the_caller_cancels_does_not()
    {
        await using var server = await EchoServer.StartAsync(client: options =>
        {
            options.HttpHandler = new SlowFlushes(new SocketsHttpHandler());
            options.DisposeHttpClient = true;
        });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var call = server.Client.Chat(cancellationToken: cancel.Token);
        var writing = call.RequestStream.WriteAsync(new EchoRequest { Wait = true }, Cancellation);
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        await cancel.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => writing)).StatusCode);
    }

    // After the headers, a flush of the request sends what there is and then ends only by its token.
    private sealed class SlowFlushes(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var headers = request.Content!.Headers.ToArray();
            request.Content = new Content(request.Content);
            foreach (var (name, values) in headers)
                request.Content.Headers.TryAddWithoutValidation(name, values);

            return base.SendAsync(request, cancellationToken);
        }

        private sealed class Content(HttpContent inner) : HttpContent
        {
            protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => inner.CopyToAsync(new SlowFlushStream(stream), context);

            protected override bool TryComputeLength(out long length)
            {
                length = -1;
                return false;
            }
        }
    }

    private sealed class SlowFlushStream(Stream inner) : Stream
    {
        private bool begun;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            await inner.FlushAsync(cancellationToken);
            if (begun)
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

            begun = true;
        }

        public override void Flush() => inner.Flush();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
