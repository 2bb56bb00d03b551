using System.IO.Pipelines;
using System.Net;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Internal;

namespace Grpc.Net.Client.Internal;

internal sealed class GrpcCall<TRequest, TResponse>(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    : GrpcCall(channel, method, options)
    where TRequest : class
    where TResponse : class
{
    // A client that waits for a slow server keeps no buffer: the reads start empty. The array pool keeps few of a size, so a large
    // message should need few.
    private static readonly StreamPipeReaderOptions PipeOptions = new(bufferSize: 64 * 1024, useZeroByteReads: true);

    private readonly bool single = method.Type is MethodType.Unary or MethodType.ClientStreaming;
    private readonly TaskCompletionSource<TResponse> response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MessageReader?> reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PipeReader? pipe;
    private StreamingContent? content;
    private Func<Stream, Stream>? compress;

    public Task<TResponse> ResponseAsync => response.Task;

    public bool HasSingleResponse => single;

    public Marshaller<TResponse> ResponseMarshaller => method.ResponseMarshaller;

    public WriteOptions? WriteOptions => Options.WriteOptions;

    // The messages of a streaming response, null if the call ended before there could be any.
    public Task<MessageReader?> ReaderAsync => reader.Task;

    public OutgoingMessage Serialize(TRequest message, WriteOptions? writeOptions) => OutgoingMessage.Serialize(
        message, method.RequestMarshaller, Channel.MaxSendMessageSize, (writeOptions?.Flags & WriteFlags.NoCompress) == WriteFlags.NoCompress ? null : compress);

    public void Start(HttpContent body)
    {
        content = body as StreamingContent;
        if (Begin())
            _ = RunAsync(body);
        else
            content?.Abandon();
    }

    public RequestWriter<TRequest, TResponse> StartStreaming()
    {
        var body = new StreamingContent(this);
        Start(body);
        return new RequestWriter<TRequest, TResponse>(this, body);
    }

    // After the last message: the status is in the trailers.
    public void FinishFromTrailers(Func<Status, Status>? check = null)
    {
        var (status, trailers) = ResponseStatus.FromTrailers(Response!);
        pipe?.Complete();
        Finish(check is null ? status : check(status), trailers, answered: true);
    }

    // Something broke, here or on the way; the server's own status, if it came, stands.
    public void FinishFrom(Exception exception, string doing)
    {
        Finish(ResponseStatus.FromException(exception, doing), (exception as RpcException)?.Trailers ?? Metadata.Empty, answered: false);
        pipe?.Complete();
    }

    protected override void OnFinished(Outcome outcome)
    {
        reader.TrySetResult(null);
        if (!single)
            Fail(response, new InvalidOperationException("A streaming response has no single message."));
        else if (outcome.Status.StatusCode != StatusCode.OK)
            Fail(response, EndedException(outcome));

        content?.Abandon();
    }

    private async Task RunAsync(HttpContent body)
    {
        var doing = "Error starting gRPC call.";
        try
        {
            StartActivity();
            var request = CreateRequest(body);
            if (Options.Credentials is not null || Channel.CallCredentials is not null)
                await AuthorizeAsync(request);

            Response = await Channel.SendAsync(request, Ended);

            // Whoever ends the call disposes the response that it sees; one that it did not see is disposed here.
            Interlocked.MemoryBarrier();
            if (Completion.IsCompleted)
            {
                Response.Dispose();
                return;
            }

            HeadersReceived(ResponseStatus.Metadata(Response.Headers));
            if (ResponseStatus.FromHeaders(Response) is var (status, trailers))
            {
                Finish(status, trailers, answered: true);
                return;
            }

            var encoding = Response.Headers.TryGetValues(WireFormat.EncodingHeader, out var values) ? values.First() : null;
            if (!Channel.Encodings.TryRead(encoding, out var decompress))
            {
                Finish(new Status(StatusCode.Internal, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {Channel.Encodings.Accepted}"));
                return;
            }

            doing = "Error reading next message.";
            pipe = PipeReader.Create(await Response.Content.ReadAsStreamAsync(Ended), PipeOptions);
            var messages = new MessageReader(pipe, Channel.MaxReceiveMessageSize, decompress);
            if (!single)
            {
                reader.TrySetResult(messages);
                return;
            }

            var received = await messages.ReadOnlyAsync(method.ResponseMarshaller, Ended);
            if (received.Any && CallEvents.Client.IsEnabled())
                CallEvents.Client.MessageReceived();

            FinishFromTrailers(status => status.StatusCode == StatusCode.OK && !received.Any
                ? new Status(StatusCode.Internal, "Failed to deserialize response message.")
                : status);
            if (received.Any && GetStatus().StatusCode == StatusCode.OK)
                response.TrySetResult(received.Message);
        }
        catch (Exception exception)
        {
            FinishFrom(exception, doing);
        }
    }

    private HttpRequestMessage CreateRequest(HttpContent body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Channel.Address, method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        var headers = request.Headers;
        headers.Host = host;
        headers.TryAddWithoutValidation("User-Agent", "grpc-dotnet/2.85.0");
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation(WireFormat.AcceptEncodingHeader, Channel.Encodings.Accepted);
        if (Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
            headers.TryAddWithoutValidation(WireFormat.TimeoutHeader, WireFormat.FormatTimeout(deadline - DateTime.UtcNow));

        Add(headers, Options.Headers);
        return request;
    }

    // What the call's own credentials add comes first.
    private async Task AuthorizeAsync(HttpRequestMessage request)
    {
        if (!Channel.SendsCallCredentials)
        {
            CredentialsUnused();
            return;
        }

        var context = new AuthInterceptorContext(new Uri(Channel.Address, "/" + method.ServiceName).ToString(), method.Name, Ended);
        foreach (var credentials in new[] { Options.Credentials, Channel.CallCredentials })
        {
            foreach (var interceptor in credentials?.Interceptors ?? [])
            {
                var metadata = new Metadata();
                await interceptor(context, metadata);
                Add(request.Headers, metadata);
            }
        }
    }

    private void Add(System.Net.Http.Headers.HttpRequestHeaders headers, Metadata? metadata)
    {
        foreach (var entry in metadata ?? Metadata.Empty)
        {
            var value = WireFormat.HeaderValue(entry);
            if (entry.Key == WireFormat.EncodingRequestHeader)
                WriteIn(value, headers);

            if (entry.Key == "user-agent")
                headers.Remove(entry.Key);

            if (!WireFormat.IsReserved(entry.Key) && !headers.TryAddWithoutValidation(entry.Key, value))
                throw new InvalidOperationException($"The metadata '{entry.Key}' cannot be sent as a header.");
        }
    }

    private void WriteIn(string encoding, System.Net.Http.Headers.HttpRequestHeaders headers)
    {
        headers.TryAddWithoutValidation(WireFormat.EncodingHeader, encoding);
        if (encoding == WireFormat.Identity)
            return;

        if (!Channel.Encodings.TryFind(encoding, out var provider))
            throw new InvalidOperationException($"Could not find compression provider for '{encoding}'.");

        compress = stream => provider.CreateCompressionStream(stream, compressionLevel: null);
    }
}
