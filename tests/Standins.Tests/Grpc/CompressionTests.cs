using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Platform.Standins.Tests.Grpc;

public sealed class CompressionTests
{
    private const string Say = "/platform.standins.tests.Echo/Say";
    private static readonly WriteOptions Plain = new(WriteFlags.NoCompress);
    private static readonly byte[] Large = new byte[100_000];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CallOptions InGzip => new(new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: Cancellation);

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    [InlineData("gzip")]
    public async Task Every_shape_carries_its_messages_in_any_encoding(string? encoding)
    {
        await using var server = await EchoServer.StartAsync(server: options => options.ResponseCompressionAlgorithm = encoding == "gzip" ? encoding : null);
        var options = new CallOptions(encoding is null ? null : new Metadata { { "grpc-internal-encoding-request", encoding } }, cancellationToken: Cancellation);
        var request = new EchoRequest { Text = "x", Blob = ByteString.CopyFrom(Large) };

        Assert.Equal(Large, (await server.Client.SayAsync(request, options)).Blob);
        using var collect = server.Client.Collect(options);
        await collect.RequestStream.WriteAsync(request, Cancellation);
        await collect.RequestStream.WriteAsync(new EchoRequest(), Cancellation);
        await collect.RequestStream.CompleteAsync();
        Assert.Equal(2, (await collect).Count);
        using var count = server.Client.Count(new EchoRequest { Count = 3, Blob = request.Blob }, options);
        Assert.Equal(3, await count.ResponseStream.ReadAllAsync(Cancellation).CountAsync(reply => reply.Blob == request.Blob, Cancellation));
        using var chat = server.Client.Chat(options);
        await chat.RequestStream.WriteAsync(request, Cancellation);
        Assert.True(await chat.ResponseStream.MoveNext(Cancellation));
        Assert.Equal(Large, chat.ResponseStream.Current.Blob);
        await chat.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task The_client_compresses_when_the_call_asks_and_the_message_does_not_refuse()
    {
        var seen = new List<string>();
        await using var server = await EchoServer.StartAsync(map: app => app.MapPost("/peer.Peer/{method}", http => RecordAsync(http, seen)));
        var invoker = server.Channel.CreateCallInvoker();

        await invoker.AsyncUnaryCall(Method(MethodType.Unary), null, InGzip, Large);
        await invoker.AsyncUnaryCall(Method(MethodType.Unary), null, InGzip.WithWriteOptions(Plain), Large);
        await invoker.AsyncUnaryCall(Method(MethodType.Unary), null, new CallOptions(cancellationToken: Cancellation), Large);
        using var call = invoker.AsyncClientStreamingCall(Method(MethodType.ClientStreaming), null, InGzip);
        await call.RequestStream.WriteAsync(Large, Cancellation);
        call.RequestStream.WriteOptions = Plain;
        await call.RequestStream.WriteAsync(Large, Cancellation);
        call.RequestStream.WriteOptions = WriteOptions.Default;
        await call.RequestStream.WriteAsync([7], Cancellation);
        await call.RequestStream.WriteAsync([], Cancellation);
        await call.RequestStream.CompleteAsync();
        await call;

        Assert.Equal(["gzip: packed", "gzip: plain", ": plain", "gzip: packed plain packed plain"], seen);
    }

    [Theory]
    [InlineData("identity,gzip", "gzip", 1)]
    [InlineData("deflate, gzip", "gzip", 1)]
    [InlineData("identity,gzipped", null, 0)]
    [InlineData(null, null, 0)]
    public async Task The_server_compresses_for_a_caller_that_accepts_it(string? accepted, string? encoding, int flag)
    {
        await using var server = await EchoServer.StartAsync(server: options =>
        {
            options.ResponseCompressionAlgorithm = "gzip";
            options.ResponseCompressionLevel = CompressionLevel.SmallestSize;
        });
        using var http = new HttpClient();
        using var request = RawRequest.Unary(server.Address, Say, new EchoRequest { Blob = ByteString.CopyFrom(Large) });
        if (accepted is not null)
            request.Headers.Add("grpc-accept-encoding", accepted);

        using var response = await http.SendAsync(request, Cancellation);
        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);

        Assert.Equal("0", RawRequest.Status(response));
        Assert.Equal(encoding, response.Headers.TryGetValues("grpc-encoding", out var values) ? values.Single() : null);
        Assert.Equal(flag, body[0]);
        Assert.Equal(flag == 1, body.Length < 2000);
    }

    [Fact]
    public async Task A_handler_chooses_the_encoding_of_its_call_and_leaves_single_messages_plain()
    {
        await using var server = await EchoServer.StartAsync(map: app => app.MapGrpcService<ChoosingService>());
        using var http = new HttpClient();
        using var request = RawRequest.Send(server.Address, ChoosingService.Answer.FullName, RawRequest.Frame([]));
        request.Headers.Add("grpc-accept-encoding", "gzip");

        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal("gzip", response.Headers.GetValues("grpc-encoding").Single());
        Assert.False(response.Headers.Contains("grpc-internal-encoding-request"));
        Assert.Equal("packed plain packed", Flags(await response.Content.ReadAsByteArrayAsync(Cancellation)));
        using var call = server.Channel.CreateCallInvoker().AsyncServerStreamingCall(ChoosingService.Answer, null, new CallOptions(cancellationToken: Cancellation), []);
        Assert.Equal(3, await call.ResponseStream.ReadAllAsync(Cancellation).CountAsync(message => message.Length == Large.Length, Cancellation));
    }

    [Fact]
    public async Task Both_sides_take_a_provider_of_the_applications_own()
    {
        await using var server = await EchoServer.StartAsync(
            server: options =>
            {
                options.CompressionProviders.Add(new Brotli());
                options.ResponseCompressionAlgorithm = "br";
            },
            client: options => options.CompressionProviders = [new Brotli()]);

        var reply = await server.Client.SayAsync(new EchoRequest { Blob = ByteString.CopyFrom(Large) }, new Metadata { { "grpc-internal-encoding-request", "br" } }, cancellationToken: Cancellation);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(new EchoRequest(), InGzip));

        Assert.Equal(Large, reply.Blob);
        Assert.Equal(StatusCode.Internal, refused.StatusCode);
        Assert.Contains("Could not find compression provider for 'gzip'.", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_does_not_start_with_an_algorithm_that_it_has_no_provider_for()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => EchoServer.StartAsync(server: options => options.ResponseCompressionAlgorithm = "br"));

        Assert.Contains("'br'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "0")]
    [InlineData("truncated", "13")]
    [InlineData("no gzip", "13")]
    public async Task Nothing_unpacks_to_nothing_and_what_does_not_unpack_fails_the_call(string what, string status)
    {
        await using var server = await EchoServer.StartAsync();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(new EchoRequest { Text = new string('x', 500) }.ToByteArray());

        byte[] payload = what switch
        {
            "nothing" => [],
            "truncated" => packed.ToArray()[..^10],
            _ => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        };
        using var http = new HttpClient();
        using var request = RawRequest.Send(server.Address, Say, RawRequest.Frame(payload, compressed: true));
        request.Headers.Add("grpc-encoding", "gzip");

        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal(status, RawRequest.Status(response));
    }

    [Fact]
    public async Task A_message_that_never_stops_unpacking_is_stopped_at_the_limit_on_both_sides()
    {
        var bomb = new Bomb();
        await using var server = await EchoServer.StartAsync(
            server: options => options.CompressionProviders = [bomb],
            client: options => options.CompressionProviders = [bomb],
            map: app => app.MapPost("/peer.Peer/{method}", async http =>
            {
                http.Response.ContentType = "application/grpc";
                http.Response.Headers["grpc-encoding"] = bomb.EncodingName;
                await http.Response.Body.WriteAsync(RawRequest.Frame([1], compressed: true));
                http.Response.AppendTrailer("grpc-status", "0");
            }));

        var received = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Channel.CreateCallInvoker().AsyncUnaryCall(Method(MethodType.Unary), null, new CallOptions(cancellationToken: Cancellation), []));
        var sent = await Assert.ThrowsAsync<RpcException>(async () =>
            await server.Client.SayAsync(new EchoRequest { Text = "x" }, new Metadata { { "grpc-internal-encoding-request", bomb.EncodingName } }, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.ResourceExhausted, StatusCode.ResourceExhausted), (received.StatusCode, sent.StatusCode));
    }

    [Fact]
    public async Task The_limit_on_sending_is_on_the_message_before_compression()
    {
        await using var server = await EchoServer.StartAsync(client: options => options.MaxSendMessageSize = 1000);

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(new EchoRequest { Blob = ByteString.CopyFrom(Large) }, InGzip));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    private static Method<byte[], byte[]> Method(MethodType type) => new(type, "peer.Peer", "Record", ChoosingService.Bytes, ChoosingService.Bytes);

    private static async Task RecordAsync(HttpContext http, List<string> seen)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        seen.Add($"{http.Request.Headers["grpc-encoding"]}: {Flags(body.ToArray())}");
        if (http.Request.Headers.ContainsKey("grpc-internal-encoding-request"))
            seen.Add("the internal header crossed");

        http.Response.ContentType = "application/grpc";
        await http.Response.Body.WriteAsync(RawRequest.Frame([]));
        http.Response.AppendTrailer("grpc-status", "0");
    }

    private static string Flags(byte[] body)
    {
        var flags = new List<string>();
        for (var index = 0; index < body.Length; index += 5 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(index + 1)))
            flags.Add(body[index] == 1 ? "packed" : "plain");

        return string.Join(' ', flags);
    }

    [BindServiceMethod(typeof(ChoosingService), nameof(BindService))]
    private sealed class ChoosingService
    {
        public static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(value => value, value => value);

        public static Method<byte[], byte[]> Answer { get; } = new(MethodType.ServerStreaming, "choosing.Choosing", nameof(All), Bytes, Bytes);

        public static void BindService(ServiceBinderBase binder, ChoosingService? service) =>
            binder.AddMethod(Answer, service is null ? null : new ServerStreamingServerMethod<byte[], byte[]>(service.All));

        public async Task All(byte[] request, IServerStreamWriter<byte[]> responses, ServerCallContext context)
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", "gzip" } });
            await responses.WriteAsync(Large);
            context.WriteOptions = Plain;
            await responses.WriteAsync(Large);
            responses.WriteOptions = WriteOptions.Default;
            await responses.WriteAsync(Large);
        }
    }

    private sealed class Brotli : ICompressionProvider
    {
        public string EncodingName => "br";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => new BrotliStream(stream, compressionLevel ?? CompressionLevel.Fastest);

        public Stream CreateDecompressionStream(Stream stream) => new BrotliStream(stream, CompressionMode.Decompress);
    }

    // Every message unpacks to zeros without end: 64 MiB, so that a reader without a limit is seen to fail and not to take the machine along.
    private sealed class Bomb : ICompressionProvider
    {
        public string EncodingName => "bomb";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => stream;

        public Stream CreateDecompressionStream(Stream stream) => new Zeros();

        private sealed class Zeros : MemoryStream
        {
            private long left = 64 * 1024 * 1024;

            public override int Read(Span<byte> buffer)
            {
                var count = (int)Math.Min(buffer.Length, left);
                buffer[..count].Clear();
                left -= count;
                return count;
            }
        }
    }
}
