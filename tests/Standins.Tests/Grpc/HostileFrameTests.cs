using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Standins.Tests.Hosting;

namespace Platform.Standins.Tests.Grpc;

// Below the messages: a peer whose frames are wrong. A call over them ends with one status, on both sides.
public sealed class HostileFrameTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("data before the headers", StatusCode.Internal)]
    [InlineData("headers that are no HPACK", StatusCode.Unavailable)]
    [InlineData("frame larger than agreed", StatusCode.Internal)]
    [InlineData("window that overflows", StatusCode.Unavailable)]
    [InlineData("data of a stream that nobody opened", StatusCode.Internal)]
    [InlineData("reset in mid-message", StatusCode.Internal)]
    [InlineData("end in mid-message", StatusCode.Internal)]
    [InlineData("end without trailers", StatusCode.Cancelled)]
    [InlineData("half a frame, then the end", StatusCode.Unavailable)]
    // By the protocol's table for NO_ERROR: a status should have come first.
    [InlineData("goes away in mid-message", StatusCode.Internal)]
    [InlineData("goes away in anger", StatusCode.ResourceExhausted)]
    [InlineData("half a frame, then silence", StatusCode.DeadlineExceeded)]
    public async Task The_client_gives_wrong_frames_a_status(string how, StatusCode status)
    {
        using var server = new RawHttp2Server((peer, connection, stream) => AnswerAsync(peer, connection, stream, how));
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Echo.EchoClient(channel);
        var deadline = DateTime.UtcNow.AddSeconds(status == StatusCode.DeadlineExceeded ? 1 : 60);

        var unary = await Assert.ThrowsAsync<RpcException>(async () => await client.SayAsync(new EchoRequest(), deadline: deadline, cancellationToken: Cancellation).ResponseAsync.WaitAsync(EchoServer.Patience, Cancellation));
        using var chat = client.Chat(deadline: deadline, cancellationToken: Cancellation);
        var duplex = await Assert.ThrowsAsync<RpcException>(() => chat.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation).AsTask().WaitAsync(EchoServer.Patience, Cancellation));

        // A peer that closes after its GOAWAY: a write may find the socket closed before the frame is read.
        StatusCode[] right = how.StartsWith("goes away", StringComparison.Ordinal) ? [status, StatusCode.Unavailable] : [status];
        Assert.True(right.Contains(unary.StatusCode), unary.ToString());
        Assert.True(right.Contains(duplex.StatusCode), duplex.ToString());
    }

    [Fact]
    public async Task The_server_ends_a_call_whose_client_breaks_off_in_mid_message()
    {
        await using var server = await EchoServer.StartAsync();
        foreach (var reset in new[] { true, false })
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancellation);
            await socket.SendAsync(RawHttp2Client.Preface, Cancellation);
            await socket.SendAsync(RawHttp2Client.Headers("/platform.standins.tests.Echo/Collect"), Cancellation);
            await socket.SendAsync(RawHttp2Client.Frame(RawHttp2Server.Data, 0, RawRequest.Frame([1, 2], length: 100)), Cancellation);
            await Until.TrueAsync(() => server.OpenRequests == 1, EchoServer.Patience, () => "the request is not there");

            if (reset)
                await socket.SendAsync(RawHttp2Client.Frame(RawHttp2Server.Reset, 0, [0, 0, 0, 8]), Cancellation);
            else
                socket.Close();

            await Until.TrueAsync(() => server.OpenRequests == 0, EchoServer.Patience, () => "the request is still open");
        }

        await server.State.ReadFailed.Task.WaitAsync(EchoServer.Patience, Cancellation);
    }

    private static async Task AnswerAsync(RawHttp2Server peer, NetworkStream connection, int stream, string how)
    {
        var half = RawRequest.Frame([1, 2], length: 100);
        if (how == "data before the headers")
            await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, half);
        else if (how == "headers that are no HPACK")
            await peer.SendAsync(connection, RawHttp2Server.Headers, RawHttp2Server.EndHeaders, stream, new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff });
        else
            await peer.SendAsync(connection, RawHttp2Server.Headers, RawHttp2Server.EndHeaders, stream, RawHttp2Server.GrpcHeaders);

        switch (how)
        {
            case "frame larger than agreed":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, new byte[100], length: 0xffffff);
                break;
            case "window that overflows":
                await peer.SendAsync(connection, RawHttp2Server.WindowUpdate, 0, stream, new byte[] { 0x7f, 0xff, 0xff, 0xff });
                break;
            case "data of a stream that nobody opened":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream + 100, half);
                break;
            case "reset in mid-message":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, half);
                await peer.SendAsync(connection, RawHttp2Server.Reset, 0, stream, new byte[] { 0, 0, 0, 2 });
                break;
            case "end in mid-message":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, half);
                await peer.SendAsync(connection, RawHttp2Server.Headers, RawHttp2Server.EndHeaders | RawHttp2Server.EndStream, stream, RawHttp2Server.GrpcTrailers);
                break;
            case "end without trailers":
                await peer.SendAsync(connection, RawHttp2Server.Data, RawHttp2Server.EndStream, stream, RawRequest.Frame([]));
                break;
            case "half a frame, then the end":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, half, length: 1000);
                connection.Close();
                break;
            case "half a frame, then silence":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, half, length: 1000);
                break;
            case "goes away in mid-message":
                await peer.SendAsync(connection, RawHttp2Server.Data, 0, stream, half);
                await peer.SendAsync(connection, RawHttp2Server.GoAway, 0, 0, new byte[] { 0, 0, 0, (byte)stream, 0, 0, 0, 0 });
                connection.Close();
                break;
            case "goes away in anger":
                await peer.SendAsync(connection, RawHttp2Server.GoAway, 0, 0, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0xb });
                connection.Close();
                break;
        }
    }
}
