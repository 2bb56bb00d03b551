using Grpc.Core;
using Grpc.Net.Client;

namespace Platform.Standins.Tests.Grpc;

public sealed class KeepAliveTests
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_pings_notices_that_its_server_is_gone()
    {
        await using var server = await EchoServer.StartAsync();
        using var relay = new FreezingRelay(server.Address);
        using var sockets = new SocketsHttpHandler { KeepAlivePingDelay = Often, KeepAlivePingTimeout = Often, KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests };
        using var channel = GrpcChannel.ForAddress(relay.Address, new GrpcChannelOptions { HttpHandler = sockets });
        var unary = new Echo.EchoClient(channel).SayAsync(new EchoRequest { Wait = true }, cancellationToken: Cancellation).ResponseAsync;
        using var stream = new Echo.EchoClient(channel).Chat(cancellationToken: Cancellation);
        await stream.RequestStream.WriteAsync(new EchoRequest { Text = "here" }, Cancellation);
        Assert.True(await stream.ResponseStream.MoveNext(Cancellation));
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        relay.Freeze();

        foreach (var waiting in new Task[] { unary, stream.ResponseStream.MoveNext(Cancellation) })
        {
            var exception = await Assert.ThrowsAsync<RpcException>(() => waiting.WaitAsync(EchoServer.Patience, Cancellation));
            Assert.True(StatusCode.Unavailable == exception.StatusCode, exception.ToString());
        }
    }

    [Fact]
    public async Task A_server_that_pings_notices_that_its_client_is_gone()
    {
        await using var server = await EchoServer.StartAsync(kestrel: options =>
        {
            options.Limits.Http2.KeepAlivePingDelay = Often;
            options.Limits.Http2.KeepAlivePingTimeout = Often;
        });
        using var relay = new FreezingRelay(server.Address);
        using var channel = GrpcChannel.ForAddress(relay.Address);
        _ = new Echo.EchoClient(channel).SayAsync(new EchoRequest { Wait = true }, cancellationToken: Cancellation).ResponseAsync.ContinueWith(call => call.Exception, TaskScheduler.Default);
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        relay.Freeze();

        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
    }

    // The counterpart of the two above: what is slow is not gone.
    [Fact]
    public async Task Pings_keep_a_call_that_says_nothing_alive()
    {
        await using var server = await EchoServer.StartAsync(
            kestrel: options =>
            {
                options.Limits.Http2.KeepAlivePingDelay = Often;
                options.Limits.Http2.KeepAlivePingTimeout = Often;
            },
            handler: sockets => (sockets.KeepAlivePingDelay, sockets.KeepAlivePingTimeout) = (Often, Often));
        server.State.IgnoreCancellation = true;
        var call = server.Client.SayAsync(new EchoRequest { Wait = true, Text = "patient" }, cancellationToken: Cancellation).ResponseAsync;
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        // Longer than delay and time-out together.
        Assert.NotSame(call, await Task.WhenAny(call, Task.Delay(3 * Often, Cancellation)));
        server.State.Release.SetResult();

        Assert.Equal("patient", (await call).Text);
    }
}
