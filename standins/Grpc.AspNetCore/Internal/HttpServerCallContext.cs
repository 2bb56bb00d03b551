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
    private bool flushCut;
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
            deadlineTimer = new Timer(static call => ((HttpServerCallContext)call!).OnTimer(), this, Due(), Timeout.InfiniteTimeSpan);
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

    public async Task<T> ReadOnlyAsync<T>(Marshaller<T> marshaller)
        where T : class
    {
        var received = await messages!.ReadOnlyAsync(marshaller, CancellationTokenCore);
        if (!received.Any)
            throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));

        if (CallEvents.Server.IsEnabled())
            CallEvents.Server.MessageReceived();

        return received.Message;
    }

    public async Task<MessageReader.Received<T>> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (ended)
                throw new InvalidOperationException("Can't read messages after the request is complete.");
        }

        var call = CancellationTokenCore;
        using var both = !cancellationToken.CanBeCanceled || cancellationToken == call ? null : CancellationTokenSource.CreateLinkedTokenSource(call, cancellationToken);
        var received = await messages!.ReadAsync(marshaller, both?.Token ?? call);
        if (received.Any && CallEvents.Server.IsEnabled())
            CallEvents.Server.MessageReceived();

        return received;
    }

    // The only response: it leaves together with the trailers.
    public Task WriteOnlyAsync<T>(T? message, Marshaller<T> marshaller)
        where T : class
    {
        if (message is null)
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));

        using var outgoing = Serialize(message, marshaller);
        lock (gate)
        {
            if (!ended)
            {
                bodyStarted = true;
                outgoing.WriteTo(http.Response.BodyWriter);
                if (CallEvents.Server.IsEnabled())
                    CallEvents.Server.MessageSent();
            }
        }

        return Task.CompletedTask;
    }

    public async Task WriteAsync<T>(T message, Marshaller<T> marshaller, CancellationToken cancellationToken)
    {
        var call = CancellationTokenCore;
        call.ThrowIfCancellationRequested();
        cancellationToken.ThrowIfCancellationRequested();
        using var outgoing = Serialize(message, marshaller);
        BeginWrite();
        try
        {
            bodyStarted = true;
            outgoing.WriteTo(http.Response.BodyWriter);
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
                await FlushAsync(cancellationToken);

            if (CallEvents.Server.IsEnabled())
                CallEvents.Server.MessageSent();
        }
        catch (OperationCanceledException)
        {
            flushCut = true;
            throw;
        }
        finally
        {
            EndWrite();
        }

        call.ThrowIfCancellationRequested();
    }

    // The handler is done.
    public Task EndAsync() => EndAsync(StatusCore);

    public Task EndAsync(Exception exception)
    {
        if (http.RequestAborted.IsCancellationRequested && exception is not RpcException)
            return EndAsync(new Status(StatusCode.Cancelled, "The client went away."));

        switch (exception)
        {
            case RpcException rpc:
                Log.Failed(logger, method.FullName, rpc.StatusCode, rpc.Status.Detail);
                foreach (var entry in rpc.Trailers)
                    ResponseTrailersCore.Add(entry);

                return EndAsync(rpc.Status);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } bad:
                return EndAsync(new Status(StatusCode.ResourceExhausted, bad.Message));
            default:
                Log.Threw(logger, exception, method.FullName);
                var detail = options.EnableDetailedErrors == true ? $" {exception.GetType().Name}: {exception.Message}" : "";
                return EndAsync(new Status(StatusCode.Unknown, "Exception was thrown by handler." + detail, exception));
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        BeginWrite();
        try
        {
            if (http.Response.HasStarted || bodyStarted)
                throw new InvalidOperationException("Response headers can only be sent once per call.");

            bodyStarted = true;
            foreach (var entry in responseHeaders)
            {
                if (entry.Key == WireFormat.EncodingRequestHeader)
                    WriteIn(entry.Value);

                if (WireFormat.IsReserved(entry.Key))
                    continue;

                http.Response.Headers.Append(entry.Key, WireFormat.HeaderValue(entry));
            }

            await FlushAsync(CancellationToken.None);
        }
        finally
        {
            EndWrite();
        }
    }

    // A caller that does not accept the encoding gets its messages as they are.
    private void WriteIn(string encoding)
    {
        compress = null;
        http.Response.Headers.Remove(WireFormat.EncodingHeader);
        if (!encodings.TryFind(encoding, out var provider) || !KnownEncodings.IsAccepted(http.Request.Headers[WireFormat.AcceptEncodingHeader], encoding))
            return;

        http.Response.Headers[WireFormat.EncodingHeader] = encoding;
        compress = stream => provider.CreateCompressionStream(stream, options.ResponseCompressionLevel);
    }

    private OutgoingMessage Serialize<T>(T message, Marshaller<T> marshaller) => OutgoingMessage.Serialize(
        message, marshaller, options.MaxSendMessageSize, (WriteOptions?.Flags & WriteFlags.NoCompress) == WriteFlags.NoCompress ? null : compress);

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var call = CancellationTokenCore;
        if (!cancellationToken.CanBeCanceled || cancellationToken == call)
        {
            await http.Response.BodyWriter.FlushAsync(call);
            return;
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(call, cancellationToken);
        await http.Response.BodyWriter.FlushAsync(both.Token);
    }

    private void BeginWrite()
    {
        lock (gate)
        {
            if (ended)
                throw new InvalidOperationException("Can't write the message because the request is complete.");

            if (write is not null)
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");

            write = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void EndWrite()
    {
        lock (gate)
        {
            write!.SetResult();
            write = null;
        }
    }

    private async Task EndAsync(Status status)
    {
        Task pending;
        bool mine;
        lock (gate)
        {
            mine = !ended;
            ended = true;

            // A handler may return without having awaited its last write; and where the deadline ends the call, the
            // response is in use until that is done.
            pending = (mine ? write?.Task : endAtDeadline) ?? Task.CompletedTask;
        }

        await pending;
        if (mine)
            WriteStatus(status);
    }

    private void WriteStatus(Status status)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            Tell(status.StatusCode);
            return;
        }

        // Before anything of the body, the trailers are the headers of the whole answer.
        var alone = !bodyStarted && !http.Response.HasStarted;
        try
        {
            foreach (var entry in trailers ?? Metadata.Empty)
            {
                if (!WireFormat.IsReserved(entry.Key))
                    Append(entry.Key, WireFormat.HeaderValue(entry));
            }
        }
        catch (InvalidOperationException exception)
        {
            Log.Threw(logger, exception, method.FullName);
            status = new Status(StatusCode.Internal, "The response trailers cannot be sent.");
        }

        var code = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        Append(WireFormat.StatusHeader, code);
        if (!string.IsNullOrEmpty(status.Detail))
            Append(WireFormat.MessageHeader, WireFormat.EncodeMessage(status.Detail));

        Tell(status.StatusCode);

        void Append(string name, string value)
        {
            if (alone)
                http.Response.Headers.Append(name, value);
            else
                http.Response.AppendTrailer(name, value);
        }
    }

    // Under the names that grpc-dotnet uses.
    private void Tell(StatusCode status)
    {
        http.Features.Get<IHttpActivityFeature>()?.Activity.SetTag("grpc.status_code", ((int)status).ToString(CultureInfo.InvariantCulture));
        if (counted)
            CallEvents.Server.CallEnded(status);
    }

    private TimeSpan Due()
    {
        var left = deadline - DateTime.UtcNow;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer;
    }

    private void OnTimer()
    {
        lock (gate)
        {
            if (ended)
                return;

            if (Due() > TimeSpan.Zero)
            {
                deadlineTimer!.Change(Due(), Timeout.InfiniteTimeSpan);
                return;
            }

            ended = true;
            endAtDeadline = EndAtDeadlineAsync(write?.Task ?? Task.CompletedTask);
        }
    }

    // The caller hears of the deadline even if the handler does not listen to its token.
    private async Task EndAtDeadlineAsync(Task pending)
    {
        await Task.Yield();
        try
        {
            Log.DeadlineExceeded(logger, method.FullName);
            await cancellation!.CancelAsync();
        }
        catch (AggregateException exception)
        {
            // From what the handler registered with its token.
            Log.Threw(logger, exception, method.FullName);
        }

        await pending;
        var reset = http.Features.Get<IHttpResetFeature>();
        if (flushCut)
        {
            Tell(StatusCode.DeadlineExceeded);
            reset?.Reset(Cancel);
            return;
        }

        // A caller that does not read keeps the response from completing.
        WriteStatus(new Status(StatusCode.DeadlineExceeded, ""));
        var complete = http.Response.CompleteAsync();
        await Task.WhenAny(complete, Task.Delay(CompletionWait));
        reset?.Reset(complete.IsCompletedSuccessfully ? NoError : Cancel);
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

        [LoggerMessage(3, LogLevel.Debug, "The deadline of {Method} has passed")]
        public static partial void DeadlineExceeded(ILogger logger, string method);
    }
}
