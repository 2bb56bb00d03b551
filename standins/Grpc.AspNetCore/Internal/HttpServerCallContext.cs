using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

// One call on the server. It ends once: by the handler's return, its exception, or the deadline.
internal sealed partial class HttpServerCallContext(HttpContext http, IMethod method, GrpcServiceOptions options, KnownEncodings encodings, ILogger logger) : ServerCallContext
{
    private const int NoError = 0x0;
    private const int Cancel = 0x8;
    private static readonly TimeSpan CompletionWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly Lock gate = new();
    private MessageReader? messages;
    private Func<Stream, Stream>? compress;
    private Metadata? requestHeaders;
    private Metadata? trailers;
    private CancellationTokenSource? cancellation;
    private Timer? deadlineTimer;
    private DateTime deadline = DateTime.MaxValue;
    private TaskCompletionSource? write;
    private Task? endAtDeadline;
    private bool bodyStarted;
    private bool clientLeft;
    private bool requestRead;
    private bool ended;
    private bool counted;

    public HttpContext HttpContext => http;

    protected override string MethodCore => method.FullName;

    protected override string HostCore => http.Request.Host.Value ?? "";

    protected override string PeerCore => http.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6 } address => $"ipv6:[{address}]:{http.Connection.RemotePort}",
        IPAddress address => $"ipv4:{address}:{http.Connection.RemotePort}",
    };

    protected override DateTime DeadlineCore => deadline;

    protected override Metadata RequestHeadersCore => requestHeaders ??= ReadHeaders(http.Request.Headers);

    protected override CancellationToken CancellationTokenCore => cancellation?.Token ?? http.RequestAborted;

    protected override Metadata ResponseTrailersCore => trailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    public void Start()
    {
        http.Response.ContentType = WireFormat.ContentType;
        http.Features.Get<IHttpActivityFeature>()?.Activity.SetTag("grpc.method", method.FullName);
        if (CallEvents.Server.IsEnabled())
        {
            counted = true;
            CallEvents.Server.CallStart(method.FullName);
        }

        if (WireFormat.TryParseTimeout(http.Request.Headers[WireFormat.TimeoutHeader], out var timeout))
        {
            var now = DateTime.UtcNow;
            deadline = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
            cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);

            // Set before it runs: it may fire at once, and looks for itself.
            deadlineTimer = new Timer(static call => ((HttpServerCallContext)call!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
            deadlineTimer.Change(Due(), Timeout.InfiniteTimeSpan);
        }

        string? encoding = http.Request.Headers[WireFormat.EncodingHeader];
        if (!encodings.TryRead(encoding, out var decompress))
        {
            http.Response.Headers[WireFormat.AcceptEncodingHeader] = encodings.Accepted;
            throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {encodings.Accepted}"));
        }

        messages = new MessageReader(http.Request.BodyReader, options.MaxReceiveMessageSize, decompress);
        if (options.ResponseCompressionAlgorithm is { } algorithm)
            WriteIn(algorithm);
    }

    public void Stop()
    {
        deadlineTimer?.Dispose();
        cancellation?.Dispose();
    }

    private static Metadata ReadHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
                WireFormat.AddTo(metadata, name, value ?? "");
        }

        return metadata;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Method} ended with {StatusCode}: {Detail}")]
        public static partial void Failed(ILogger logger, string method, StatusCode statusCode, string detail);

        [LoggerMessage(2, LogLevel.Error, "{Method} threw")]
        public static partial void Threw(ILogger logger, Exception exception, string method);

        [LoggerMessage(4, LogLevel.Debug, "{Method} was cut short")]
        public static partial void CutShort(ILogger logger, Exception exception, string method);

        [LoggerMessage(3, LogLevel.Debug, "The deadline of {Method} has passed")]
        public static partial void DeadlineExceeded(ILogger logger, string method);
    }
}
