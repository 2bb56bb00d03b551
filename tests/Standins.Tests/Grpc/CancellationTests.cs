using Grpc.Core;

namespace Platform.Standins.Tests.Grpc;

public sealed class CancellationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_deadline_reaches_the_handler_and_ends_the_call_on_both_sides()
    {
        await using var server = await EchoServer.StartAsync();
        var deadline = DateTime.UtcNow.AddSeconds(1);

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Client.SayAsync(new EchoRequest { Wait = true }, deadline: deadline, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
        Assert.Equal(deadline, await server.State.Deadline.Task, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task The_server_ends_a_call_at_its_deadline_even_if_the_handler_does_not()
    {
        await using var server = await EchoServer.StartAsync();
        server.State.IgnoreCancellation = true;
        using var http = new HttpClient();
        using var request = RawRequest.Unary(server.Address, "/platform.standins.tests.Echo/Say", new EchoRequest { Wait = true });
        request.Headers.Add("grpc-timeout", "300m");

        using var response = await http.SendAsync(request, Cancellation).WaitAsync(EchoServer.Patience, Cancellation);

        Assert.Equal("4", RawRequest.Status(response));
        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
    }

    [Fact]
    public async Task A_deadline_in_the_past_sends_nothing()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Client.SayAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddSeconds(-1), cancellationToken: Cancellation));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        Assert.False(server.State.Deadline.Task.IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_token_cancels_the_handler()
    {
        await using var server = await EchoServer.StartAsync();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = server.Client.SayAsync(new EchoRequest { Wait = true }, cancellationToken: cancel.Token).ResponseAsync;
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        await cancel.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
    }

    [Fact]
    public async Task Disposing_a_stream_midway_cancels_the_handler()
    {
        await using var server = await EchoServer.StartAsync();
        var call = server.Client.Count(new EchoRequest { Count = 1, Wait = true }, cancellationToken: Cancellation);
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        call.Dispose();

        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation))).StatusCode);
    }

    [Fact]
    public async Task Disposing_a_half_written_stream_is_not_a_half_close()
    {
        await using var server = await EchoServer.StartAsync();
        var call = server.Client.Collect(cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "half" }, Cancellation);

        call.Dispose();

        Assert.IsNotType<RpcException>(await server.State.ReadFailed.Task.WaitAsync(EchoServer.Patience, Cancellation));
    }

    [Fact]
    public async Task Disposing_the_channel_ends_its_calls()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Chat(cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new EchoRequest { Wait = true }, Cancellation);
        var reading = call.ResponseStream.MoveNext(Cancellation);
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        server.Channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        await server.State.Cancelled.Task.WaitAsync(EchoServer.Patience, Cancellation);
        Assert.Throws<ObjectDisposedException>(() => server.Client.Chat(cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_channel_may_throw_the_exception_of_cancelled_tasks_instead()
    {
        await using var server = await EchoServer.StartAsync(client: options => options.ThrowOperationCanceledOnCancellation = true);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var unary = server.Client.SayAsync(new EchoRequest { Wait = true }, cancellationToken: cancel.Token).ResponseAsync;
        using var chat = server.Client.Chat(cancellationToken: cancel.Token);
        var read = chat.ResponseStream.MoveNext(Cancellation);
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);

        await cancel.CancelAsync();

        foreach (var call in new Task[] { unary, read })
        {
            var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            Assert.Equal(cancel.Token, cancelled.CancellationToken);
            Assert.Equal(StatusCode.Cancelled, Assert.IsType<RpcException>(cancelled.InnerException).StatusCode);
        }

        var late = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await server.Client.SayAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddSeconds(-1), cancellationToken: Cancellation));
        Assert.Equal(StatusCode.DeadlineExceeded, Assert.IsType<RpcException>(late.InnerException).StatusCode);
        await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(new EchoRequest { FailWith = (int)StatusCode.NotFound }, cancellationToken: Cancellation));
    }
}
