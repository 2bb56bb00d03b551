using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;

namespace Platform.Standins.Tests.Grpc;

// A service bound by hand that takes messages as the bytes they came in: pages are passed on without being decoded.
public sealed class RawBytesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public async Task Bytes_pass_undecoded_in_both_directions(int size)
    {
        await using var server = await EchoServer.StartAsync(map: app => app.MapGrpcService<RawService>());
        var request = new EchoRequest { Blob = ByteString.CopyFrom(Enumerable.Range(0, size).Select(index => (byte)index).ToArray()) }.ToByteArray();
        var invoker = server.Channel.CreateCallInvoker();

        var reply = await invoker.AsyncUnaryCall(RawService.Mirror, null, new CallOptions(cancellationToken: Cancellation), request);

        Assert.Equal(request, reply);
        using var call = invoker.AsyncDuplexStreamingCall(RawService.MirrorAll, null, new CallOptions(cancellationToken: Cancellation));
        for (var index = 0; index < 3; index++)
        {
            await call.RequestStream.WriteAsync(request, Cancellation);
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            Assert.Equal(request, call.ResponseStream.Current);
        }
    }

    [BindServiceMethod(typeof(RawService), nameof(BindService))]
    private sealed class RawService
    {
        private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>((value, context) => context.Complete(value), context => context.PayloadAsNewBuffer());

        public static Method<byte[], byte[]> Mirror { get; } = new(MethodType.Unary, "raw.Raw", nameof(One), Bytes, Bytes);

        public static Method<byte[], byte[]> MirrorAll { get; } = new(MethodType.DuplexStreaming, "raw.Raw", nameof(All), Bytes, Bytes);

        public static void BindService(ServiceBinderBase binder, RawService? service)
        {
            binder.AddMethod(Mirror, service is null ? null : new UnaryServerMethod<byte[], byte[]>(service.One));
            binder.AddMethod(MirrorAll, service is null ? null : new DuplexStreamingServerMethod<byte[], byte[]>(service.All));
        }

        public Task<byte[]> One(byte[] request, ServerCallContext context) => Task.FromResult(request);

        public async Task All(IAsyncStreamReader<byte[]> requests, IServerStreamWriter<byte[]> responses, ServerCallContext context)
        {
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
                await responses.WriteAsync(request, context.CancellationToken);
        }
    }
}
