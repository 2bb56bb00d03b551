using Google.Protobuf;
using Grpc.Core;

namespace Platform.Standins.Tests.Grpc;

public sealed class CallShapesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unary_call_returns_its_reply(bool unixSocket)
    {
        await using var server = await EchoServer.StartAsync(unixSocket);

        var reply = await server.Client.SayAsync(new EchoRequest { Text = "hej" }, cancellationToken: Cancellation);

        Assert.Equal("hej", reply.Text);
        Assert.Equal("hej", server.Client.Say(new EchoRequest { Text = "hej" }, cancellationToken: Cancellation).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_stream_arrives_in_order(bool unixSocket)
    {
        await using var server = await EchoServer.StartAsync(unixSocket);
        using var call = server.Client.Collect(cancellationToken: Cancellation);
        for (var index = 0; index < 10; index++)
            await call.RequestStream.WriteAsync(new EchoRequest { Text = index.ToString(System.Globalization.CultureInfo.InvariantCulture) }, Cancellation);

        await call.RequestStream.CompleteAsync();
        var reply = await call;

        Assert.Equal("0123456789", reply.Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_stream_arrives_in_order(bool unixSocket)
    {
        await using var server = await EchoServer.StartAsync(unixSocket);
        using var call = server.Client.Count(new EchoRequest { Count = 1000 }, cancellationToken: Cancellation);

        var counts = await call.ResponseStream.ReadAllAsync(Cancellation).Select(reply => reply.Count).ToArrayAsync(Cancellation);

        Assert.Equal(Enumerable.Range(0, 1000), counts);
        Assert.False(await call.ResponseStream.MoveNext(Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_duplex_call_answers_message_by_message(bool unixSocket)
    {
        await using var server = await EchoServer.StartAsync(unixSocket);
        using var call = server.Client.Chat(cancellationToken: Cancellation);
        for (var index = 0; index < 100; index++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"m{index}" }, Cancellation);
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            Assert.Equal($"m{index}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancellation));
    }

    [Fact]
    public async Task An_empty_stream_in_both_directions_ends_well()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Chat(cancellationToken: Cancellation);

        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext(Cancellation));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Large_messages_cross_whole_in_both_directions()
    {
        await using var server = await EchoServer.StartAsync(
            server: options => options.MaxReceiveMessageSize = null,
            client: options => options.MaxReceiveMessageSize = null);
        var blob = ByteString.CopyFrom(Enumerable.Range(0, 9_000_000).Select(index => (byte)(index * 31 >> 3)).ToArray());

        var reply = await server.Client.SayAsync(new EchoRequest { Blob = blob }, cancellationToken: Cancellation);

        Assert.Equal(blob, reply.Blob);
    }

    [Fact]
    public async Task Many_calls_share_a_channel()
    {
        await using var server = await EchoServer.StartAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(async index =>
            (await server.Client.SayAsync(new EchoRequest { Text = $"{index}" }, cancellationToken: Cancellation)).Text));

        Assert.Equal(Enumerable.Range(0, 500).Select(index => $"{index}"), replies);
    }

    [Fact]
    public async Task Writing_after_completion_is_refused()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Chat(cancellationToken: Cancellation);
        await call.RequestStream.CompleteAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoRequest(), Cancellation));
    }

    [Fact]
    public async Task The_status_of_a_running_call_is_unknown()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.Chat(cancellationToken: Cancellation);

        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }
}
