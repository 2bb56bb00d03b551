using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Platform.Standins.Tests.Hosting;

namespace Platform.Standins.Tests.Grpc;

// Every peer here is wrong in its own way; each gets, or gives, one status and never a hang.
public sealed class MalformedPeerTests
{
    private const string Say = "/platform.standins.tests.Echo/Say";
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(value => value, value => value);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("truncated frame", "13")]
    [InlineData("truncated prefix", "13")]
    [InlineData("no message", "13")]
    [InlineData("two messages", "13")]
    [InlineData("bad flag", "13")]
    [InlineData("compressed without encoding", "13")]
    [InlineData("not protobuf", "13")]
    [InlineData("announces 2 GiB", "8")]
    public async Task The_server_answers_a_malformed_request_with_its_status(string how, string status)
    {
        await using var server = await EchoServer.StartAsync();
        var good = RawRequest.Frame(new EchoRequest { Text = "x" }.ToByteArray());
        byte[] body = how switch
        {
            "truncated frame" => RawRequest.Frame([1, 2, 3], length: 10),
            "truncated prefix" => [0, 0, 0],
            "no message" => [],
            "two messages" => [.. good, .. good],
            "bad flag" => [7, .. good[1..]],
            "compressed without encoding" => [1, .. good[1..]],
            "not protobuf" => RawRequest.Frame([255, 255, 255]),
            "announces 2 GiB" => RawRequest.Frame([1, 2, 3], length: int.MaxValue),
            _ => throw new ArgumentException(how),
        };
        using var http = new HttpClient();

        using var response = await http.SendAsync(RawRequest.Send(server.Address, Say, body), Cancellation).WaitAsync(EchoServer.Patience, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(status, RawRequest.Status(response));
    }

    [Fact]
    public async Task The_server_reads_gzip_and_refuses_an_encoding_it_does_not_know()
    {
        await using var server = await EchoServer.StartAsync();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(new EchoRequest { Text = "packed" }.ToByteArray());

        using var http = new HttpClient();
        using var known = RawRequest.Send(server.Address, Say, RawRequest.Frame(packed.ToArray(), compressed: true));
        known.Headers.Add("grpc-encoding", "gzip");
        using var unknown = RawRequest.Send(server.Address, Say, RawRequest.Frame([], compressed: true));
        unknown.Headers.Add("grpc-encoding", "brotli");
        using var read = await http.SendAsync(known, Cancellation);
        using var refused = await http.SendAsync(unknown, Cancellation);

        Assert.Equal("packed", EchoReply.Parser.ParseFrom((await read.Content.ReadAsByteArrayAsync(Cancellation))[5..]).Text);
        Assert.Equal("12", RawRequest.Status(refused));
        Assert.Equal("identity,gzip", refused.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Fact]
    public async Task A_request_that_unpacks_beyond_the_limit_exhausts_resources()
    {
        await using var server = await EchoServer.StartAsync();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(new byte[20_000_000]);

        using var http = new HttpClient();
        using var request = RawRequest.Send(server.Address, Say, RawRequest.Frame(packed.ToArray(), compressed: true));
        request.Headers.Add("grpc-encoding", "gzip");
        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal("8", RawRequest.Status(response));
    }

    [Fact]
    public async Task The_server_refuses_a_content_type_that_is_not_grpc()
    {
        await using var server = await EchoServer.StartAsync();
        using var http = new HttpClient();

        foreach (var contentType in new[] { "application/json", "application/grpc-web" })
        {
            using var response = await http.SendAsync(RawRequest.Send(server.Address, Say, [], contentType), Cancellation);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("page 503", StatusCode.Unavailable)]
    [InlineData("page 401", StatusCode.Unauthenticated)]
    [InlineData("page 404", StatusCode.Unimplemented)]
    [InlineData("page 400", StatusCode.Internal)]
    [InlineData("page 500", StatusCode.Unknown)]
    [InlineData("page 200", StatusCode.Cancelled)]
    [InlineData("no trailers", StatusCode.Cancelled)]
    [InlineData("truncated frame", StatusCode.Internal)]
    [InlineData("trailers only", StatusCode.NotFound)]
    [InlineData("ok without message", StatusCode.Internal)]
    [InlineData("two messages", StatusCode.Internal)]
    [InlineData("unknown encoding", StatusCode.Internal)]
    [InlineData("reset: refused", StatusCode.Unavailable)]
    [InlineData("reset: calm", StatusCode.ResourceExhausted)]
    [InlineData("reset: cancel midway", StatusCode.Cancelled)]
    [InlineData("reset: protocol", StatusCode.Internal)]
    [InlineData("connection dies", StatusCode.Unavailable)]
    [InlineData("connection dies midway", StatusCode.Unavailable)]
    public async Task The_client_gives_a_malformed_answer_its_status(string how, StatusCode status)
    {
        // One stream at a time on one connection: a stream that is not let go blocks the call after it.
        await using var server = await EchoServer.StartAsync(
            map: app => app.MapPost("/peer/Answer", http => AnswerAsync(http, how)),
            kestrel: options => options.Limits.Http2.MaxStreamsPerConnection = 1,
            handler: sockets => sockets.EnableMultipleHttp2Connections = false);

        foreach (var type in new[] { MethodType.Unary, MethodType.ServerStreaming, MethodType.ClientStreaming, MethodType.DuplexStreaming })
        {
            // What is wrong only where one message is promised.
            if (how is ("two messages" or "ok without message") && type is (MethodType.ServerStreaming or MethodType.DuplexStreaming))
                continue;

            var exception = await Assert.ThrowsAsync<RpcException>(() => CallAsync(server.Channel, type).WaitAsync(EchoServer.Patience, Cancellation));
            Assert.True(status == exception.StatusCode, $"{type}: {exception}");
            Assert.Equal("next", (await server.Client.SayAsync(new EchoRequest { Text = "next" }, cancellationToken: Cancellation).ResponseAsync.WaitAsync(EchoServer.Patience, Cancellation)).Text);
        }

        await Until.TrueAsync(() => server.OpenRequests == 0, EchoServer.Patience, () => $"{server.OpenRequests} requests are still open");
    }

    [Theory]
    [InlineData("closes at once", StatusCode.Unavailable, StatusCode.Unavailable)]
    [InlineData("says nothing", StatusCode.DeadlineExceeded, StatusCode.DeadlineExceeded)]
    // A protocol error, or no connection: it depends on how far the handshake was when the wrong bytes came.
    [InlineData("speaks HTTP/1.1", StatusCode.Unavailable, StatusCode.Internal)]
    public async Task A_peer_that_does_not_speak_http2_never_makes_a_call_hang(string how, StatusCode status, StatusCode other)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var open = new List<Socket>();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync(stop.Token);
                if (how == "speaks HTTP/1.1")
                    await socket.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());

                if (how != "closes at once")
                    open.Add(socket);
                else
                    socket.Dispose();
            }
        }, stop.Token);

        foreach (var type in new[] { MethodType.Unary, MethodType.DuplexStreaming })
        {
            var exception = await Assert.ThrowsAsync<RpcException>(() => CallAsync(channel, type, how == "says nothing" ? DateTime.UtcNow.AddSeconds(1) : null).WaitAsync(EchoServer.Patience, Cancellation));
            Assert.True(exception.StatusCode == status || exception.StatusCode == other, $"{type}: {exception}");
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
        open.ForEach(socket => socket.Dispose());
    }

    private static async Task CallAsync(GrpcChannel channel, MethodType type, DateTime? deadline = null)
    {
        var method = new Method<byte[], byte[]>(type, "peer", "Answer", Bytes, Bytes);
        var invoker = channel.CreateCallInvoker();
        var options = new CallOptions(deadline: deadline, cancellationToken: Cancellation);
        switch (type)
        {
            case MethodType.Unary:
                await invoker.AsyncUnaryCall(method, null, options, []);
                break;
            case MethodType.ClientStreaming:
                using (var call = invoker.AsyncClientStreamingCall(method, null, options))
                    await call.ResponseAsync;

                break;
            case MethodType.ServerStreaming:
                using (var call = invoker.AsyncServerStreamingCall(method, null, options, []))
                    await call.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation);

                break;
            case MethodType.DuplexStreaming:
                using (var call = invoker.AsyncDuplexStreamingCall(method, null, options))
                    await call.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation);

                break;
        }
    }

    private static async Task AnswerAsync(HttpContext http, string how)
    {
        var response = http.Response;
        if (how.StartsWith("page ", StringComparison.Ordinal))
        {
            response.StatusCode = int.Parse(how[5..], System.Globalization.CultureInfo.InvariantCulture);
            response.ContentType = "text/html";
            await response.WriteAsync("<html>not here</html>");
            return;
        }

        response.ContentType = "application/grpc";
        var reset = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!;
        switch (how)
        {
            case "no trailers":
                await response.Body.WriteAsync(RawRequest.Frame([1]));
                break;
            case "truncated frame":
                await response.Body.WriteAsync(RawRequest.Frame([1, 2], length: 100));
                response.AppendTrailer("grpc-status", "0");
                break;
            case "trailers only":
                response.Headers["grpc-status"] = "5";
                break;
            case "ok without message":
                await response.StartAsync();
                response.AppendTrailer("grpc-status", "0");
                break;
            case "two messages":
                await response.Body.WriteAsync(new byte[10]);
                response.AppendTrailer("grpc-status", "0");
                break;
            case "unknown encoding":
                response.Headers["grpc-encoding"] = "brotli";
                await response.Body.WriteAsync(RawRequest.Frame([1], compressed: true));
                response.AppendTrailer("grpc-status", "0");
                break;
            case "connection dies":
                http.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
                break;
            case "connection dies midway":
                await response.Body.WriteAsync(RawRequest.Frame([1, 2], length: 100));
                await response.Body.FlushAsync();
                http.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
                break;
            case "reset: refused":
                reset.Reset(0x7);
                break;
            case "reset: calm":
                reset.Reset(0xb);
                break;
            case "reset: protocol":
                reset.Reset(0x1);
                break;
            case "reset: cancel midway":
                await response.Body.WriteAsync(RawRequest.Frame([1, 2], length: 100));
                await response.Body.FlushAsync();
                reset.Reset(0x8);
                break;
        }
    }
}
