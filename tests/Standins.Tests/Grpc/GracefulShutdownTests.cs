using Grpc.Core;
using Grpc.Net.Client;

namespace Platform.Standins.Tests.Grpc;

public sealed class GracefulShutdownTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_stops_lets_its_calls_finish_and_takes_no_new_ones()
    {
        await using var server = await EchoServer.StartAsync();
        server.State.IgnoreCancellation = true;
        using var chat = server.Client.Chat(cancellationToken: Cancellation);
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "before" }, Cancellation);
        Assert.True(await chat.ResponseStream.MoveNext(Cancellation));
        var unary = server.Client.SayAsync(new EchoRequest { Wait = true, Text = "unary" }, cancellationToken: Cancellation).ResponseAsync;
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        var stop = server.StopAsync(EchoServer.Patience);
        await RefusesAsync(server.Address);
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "during" }, Cancellation);
        Assert.True(await chat.ResponseStream.MoveNext(Cancellation));
        Assert.Equal("during", chat.ResponseStream.Current.Text);
        Assert.False(server.State.Cancelled.Task.IsCompleted);
        Assert.False(stop.IsCompleted);
        server.State.Release.SetResult();
        await chat.RequestStream.CompleteAsync();

        Assert.Equal("unary", (await unary.WaitAsync(EchoServer.Patience, Cancellation)).Text);
        Assert.False(await chat.ResponseStream.MoveNext(Cancellation));
        Assert.Equal(StatusCode.OK, chat.GetStatus().StatusCode);
        await stop.WaitAsync(EchoServer.Patience, Cancellation);
    }

    [Fact]
    public async Task A_server_that_may_not_wait_any_longer_ends_its_calls_with_a_status()
    {
        await using var server = await EchoServer.StartAsync();
        var unary = server.Client.SayAsync(new EchoRequest { Wait = true }, cancellationToken: Cancellation).ResponseAsync;
        using var chat = server.Client.Chat(cancellationToken: Cancellation);
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "before" }, Cancellation);
        Assert.True(await chat.ResponseStream.MoveNext(Cancellation));
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        await server.StopAsync(TimeSpan.FromSeconds(1)).WaitAsync(EchoServer.Patience, Cancellation);

        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
        foreach (var waiting in new Task[] { unary, chat.ResponseStream.MoveNext(Cancellation) })
        {
            var exception = await Assert.ThrowsAsync<RpcException>(() => waiting.WaitAsync(EchoServer.Patience, Cancellation));
            Assert.True(StatusCode.Unavailable == exception.StatusCode, exception.ToString());
        }
    }

    // Until the listening socket is closed, which is the first thing that a server does that stops.
    private static async Task RefusesAsync(Uri address)
    {
        using var channel = GrpcChannel.ForAddress(address);
        StatusCode status = default;
        for (var until = DateTime.UtcNow + EchoServer.Patience; status != StatusCode.Unavailable && DateTime.UtcNow < until;)
        {
            try
            {
                await new Echo.EchoClient(channel).SayAsync(new EchoRequest(), cancellationToken: Cancellation);
            }
            catch (RpcException exception)
            {
                status = exception.StatusCode;
            }
        }

        Assert.Equal(StatusCode.Unavailable, status);
    }
}
