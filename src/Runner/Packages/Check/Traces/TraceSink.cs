using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Platform.Runner.Packages.Check.Traces;

/// <summary>
/// Takes the spans of one container, by HTTP with protobuf or JSON, or by gRPC; a listener of its own on the one address by which containers reach this
/// machine. gRPC is spoken here by hand, as its one method needs nothing of a service.
/// </summary>
internal sealed class TraceSink : IAsyncDisposable
{
    private const string Method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const int MaxBody = 8 << 20;
    private readonly WebApplication app;
    private readonly ConcurrentQueue<SeenSpan> spans = [];
    private readonly ConcurrentQueue<string> refused = [];
    private readonly SemaphoreSlim news = new(0);

    private TraceSink(WebApplication app) => this.app = app;

    /// <summary>With the port that was given to it.</summary>
    public Uri Address { get; private set; } = null!;

    public IReadOnlyCollection<SeenSpan> Spans => spans;

    /// <summary>What came and was no export of traces, a sentence each.</summary>
    public IReadOnlyCollection<string> Refused => refused;

    /// <param name="isGrpc">Else OTLP over HTTP/1.1: without TLS one port can't serve both.</param>
    /// <exception cref="IOException">The address can't be listened at.</exception>
    public static async Task<TraceSink> ListenAsync(IPAddress address, bool isGrpc, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Listen(address, 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        var sink = new TraceSink(builder.Build());
        sink.app.Run(isGrpc ? sink.ReceiveGrpcAsync : sink.ReceiveHttpAsync);
        await sink.app.StartAsync(cancel);
        sink.Address = new(sink.app.Urls.Single());
        return sink;
    }

    /// <summary>Waits for a span.</summary>
    /// <returns>False: none came in time.</returns>
    public async Task<bool> WaitAsync(Func<SeenSpan, bool> wanted, TimeSpan limit, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(limit);
        try
        {
            while (!spans.Any(wanted))
                await news.WaitAsync(timeout.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task ReceiveHttpAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Path != "/v1/traces")
        {
            // Metrics and logs go the same way, and are nobody's concern here.
            if (request.Path != "/v1/metrics" && request.Path != "/v1/logs")
                refused.Enqueue($"{request.Method} {request.Path} came, and /v1/traces is right.");
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            var body = Unpacked(await ReadAsync(context), request.Headers.ContentEncoding.ToString());
            var isJson = request.HasJsonContentType();
            Take(isJson ? TraceReader.ReadJson(body) : TraceReader.ReadProtobuf(body));
            response.ContentType = isJson ? "application/json" : "application/x-protobuf";
            if (isJson)
                await response.WriteAsync("{}", context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or InvalidProtocolBufferException or InvalidDataException)
        {
            refused.Enqueue($"What came at /v1/traces as {request.ContentType} can't be read: {e.Message}");
            response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }

    private async Task ReceiveGrpcAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "application/grpc";
        response.DeclareTrailer("grpc-status");
        var status = 0;
        try
        {
            var body = await ReadAsync(context);
            if (context.Request.Path != Method)
                status = 12;
            // A message has five bytes before it: whether it is compressed, and its length.
            else if (body.Length < 5)
                throw new InvalidDataException("it is cut off");
            else
                Take(TraceReader.ReadProtobuf(Unpacked(body.AsSpan(5).ToArray(), body[0] == 0 ? "" : context.Request.Headers["grpc-encoding"].ToString())));
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            refused.Enqueue($"What came at {Method} can't be read: {e.Message}");
            status = 3;
        }

        // An empty message is the answer.
        await response.Body.WriteAsync(new byte[5], context.RequestAborted);
        response.AppendTrailer("grpc-status", $"{status}");
    }

    private void Take(IReadOnlyList<SeenSpan> read)
    {
        foreach (var span in read)
            spans.Enqueue(span);
        news.Release();
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    private static byte[] Unpacked(byte[] body, string encoding)
    {
        if (encoding is "" or "identity")
            return body;
        if (encoding != "gzip")
            throw new InvalidDataException($"the encoding {encoding} is not gzip");
        using var packed = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        var block = new byte[64 << 10];
        while (packed.Read(block) is var count and > 0)
        {
            plain.Write(block.AsSpan(0, count));
            if (plain.Length > MaxBody)
                throw new InvalidDataException("it is too large");
        }

        return plain.ToArray();
    }
}
