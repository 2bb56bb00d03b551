using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Platform.Standins.Tests.Grpc;

public sealed class StatusTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_status_keeps_its_detail_whatever_is_in_it()
    {
        await using var server = await EchoServer.StartAsync();
        const string detail = "100 % grün\nжук \"☂\" \u0001 %20 🐛";

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Client.SayAsync(new EchoRequest { FailWith = (int)StatusCode.FailedPrecondition, Text = detail }, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
        Assert.Equal(detail, exception.Status.Detail);
        Assert.Equal("asked", exception.Trailers.GetValue("why"));
        Assert.Equal([0, 255, 7], exception.Trailers.GetValueBytes("trailer-bin"));
    }

    [Fact]
    public async Task A_stream_that_fails_midway_gives_its_messages_first()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Count(new EchoRequest { Count = 3, FailWith = (int)StatusCode.DataLoss, Text = "lost" }, cancellationToken: Cancellation);
        for (var index = 0; index < 3; index++)
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation));

        Assert.Equal((StatusCode.DataLoss, "lost"), (exception.StatusCode, exception.Status.Detail));
        Assert.Equal(StatusCode.DataLoss, call.GetStatus().StatusCode);
        Assert.Equal("asked", call.GetTrailers().GetValue("why"));
    }

    [Fact]
    public async Task An_unexpected_exception_is_unknown_and_says_nothing_of_the_inside()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(new EchoRequest { FailWith = -1 }, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (exception.StatusCode, exception.Status.Detail));
    }

    [Fact]
    public async Task A_writer_learns_the_status_with_which_the_server_ended_early()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Collect(cancellationToken: Cancellation);

        // The answer may already be there when the write returns.
        var writing = call.RequestStream.WriteAsync(new EchoRequest { FailWith = (int)StatusCode.FailedPrecondition, Text = "enough" }, Cancellation);
        await Task.WhenAny(writing);

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await call.ResponseAsync.WaitAsync(EchoServer.Patience, Cancellation));
        Assert.Equal((StatusCode.FailedPrecondition, "enough"), (exception.StatusCode, exception.Status.Detail));
        exception = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new EchoRequest(), Cancellation));
        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
    }

    [Fact]
    public async Task A_duplex_caller_that_keeps_writing_finds_the_early_status_in_the_responses()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Chat(cancellationToken: Cancellation);
        var blob = ByteString.CopyFrom(new byte[100_000]);
        var writing = Assert.ThrowsAsync<RpcException>(async () =>
        {
            await call.RequestStream.WriteAsync(new EchoRequest { FailWith = (int)StatusCode.FailedPrecondition, Text = "stale" }, Cancellation);
            while (true)
                await call.RequestStream.WriteAsync(new EchoRequest { Blob = blob }, Cancellation);
        });
        await writing.WaitAsync(EchoServer.Patience, Cancellation);

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation));

        Assert.Equal((StatusCode.FailedPrecondition, "stale"), (exception.StatusCode, exception.Status.Detail));
    }

    [Fact]
    public async Task A_method_or_service_that_is_not_there_is_unimplemented()
    {
        await using var server = await EchoServer.StartAsync();
        var bytes = Marshallers.Create<byte[]>(value => value, value => value);

        foreach (var (service, name) in new[] { ("platform.standins.tests.Echo", "Nothing"), ("no.such.Service", "Say") })
        {
            var method = new Method<byte[], byte[]>(MethodType.Unary, service, name, bytes, bytes);
            var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(cancellationToken: Cancellation), []));
            Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
        }

        var inherited = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.NotThereAsync(new EchoRequest(), cancellationToken: Cancellation));
        Assert.Equal(StatusCode.Unimplemented, inherited.StatusCode);
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable()
    {
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await new Echo.EchoClient(channel).SayAsync(new EchoRequest(), cancellationToken: Cancellation));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_above_the_limit_of_its_receiver_exhausts_resources(bool request)
    {
        await using var server = await EchoServer.StartAsync(
            server: options => options.MaxReceiveMessageSize = request ? 1000 : null,
            client: options => options.MaxReceiveMessageSize = request ? null : 1000);
        var small = new EchoRequest { Blob = ByteString.CopyFrom(new byte[900]) };
        var large = new EchoRequest { Blob = ByteString.CopyFrom(new byte[1001]) };

        await server.Client.SayAsync(small, cancellationToken: Cancellation);
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(large, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."), (exception.StatusCode, exception.Status.Detail));
    }

    // Kestrel's limit of a body is that of a whole call. A stream may be longer: each of its messages has its own limit.
    [Fact]
    public async Task A_call_above_the_limit_of_its_server_exhausts_resources()
    {
        await using var server = await EchoServer.StartAsync(kestrel: options => options.Limits.MaxRequestBodySize = 1000);
        var half = new EchoRequest { Blob = ByteString.CopyFrom(new byte[600]), Text = "x" };
        var large = new EchoRequest { Blob = ByteString.CopyFrom(new byte[1001]) };

        await server.Client.SayAsync(half, cancellationToken: Cancellation);
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(large, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);

        using var stream = server.Client.Collect(cancellationToken: Cancellation);
        await stream.RequestStream.WriteAsync(half, Cancellation);
        await stream.RequestStream.WriteAsync(half, Cancellation);
        await stream.RequestStream.CompleteAsync();
        Assert.Equal("xx", (await stream).Text);
    }

    [Fact]
    public async Task Four_mebibytes_is_the_limit_by_default()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Client.SayAsync(new EchoRequest { Blob = ByteString.CopyFrom(new byte[4 * 1024 * 1024]) }, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_above_the_limit_of_its_sender_is_not_sent(bool request)
    {
        await using var server = await EchoServer.StartAsync(
            server: options => options.MaxSendMessageSize = request ? null : 1000,
            client: options => options.MaxSendMessageSize = request ? 1000 : null);

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Client.SayAsync(new EchoRequest { Blob = ByteString.CopyFrom(new byte[1001]) }, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."), (exception.StatusCode, exception.Status.Detail));
    }
}
