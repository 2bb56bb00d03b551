using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client.Internal;
using Grpc.Net.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly HttpMessageInvoker invoker;
    private readonly bool ownsInvoker;
    private readonly ConcurrentDictionary<IDisposable, bool> calls = new();
    private volatile bool disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
            throw new ArgumentException($"Give {nameof(options.HttpClient)} or {nameof(options.HttpHandler)}, not both.", nameof(options));

        if (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            throw new ArgumentException($"The scheme of '{address}' is neither http nor https.", nameof(address));

        if (options.Credentials is { } credentials && credentials.Secure != (address.Scheme == Uri.UriSchemeHttps))
            throw new InvalidOperationException($"The channel's credentials are {(credentials.Secure ? "secure" : "insecure")}, its address '{address}' is not.");

        Address = address;
        CallCredentials = options.Credentials?.OfCalls;
        ThrowsOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        SendsCallCredentials = address.Scheme == Uri.UriSchemeHttps || options.UnsafeUseInsecureChannelCallCredentials;
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        Encodings = KnownEncodings.Of(options.CompressionProviders);
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Grpc.Net.Client.Internal.GrpcCall");
        ownsInvoker = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        invoker = options.HttpClient
            ?? new HttpMessageInvoker(options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true }, ownsInvoker);
    }

    internal Uri Address { get; }

    internal CallCredentials? CallCredentials { get; }

    internal bool SendsCallCredentials { get; }

    internal bool ThrowsOperationCanceled { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal KnownEncodings Encodings { get; }

    internal ILogger Logger { get; }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return new HttpCallInvoker(this);
    }

    // Ends the calls that still run.
    public void Dispose()
    {
        if (disposed)
            return;

        disposed = true;
        foreach (var call in calls.Keys)
            call.Dispose();

        if (ownsInvoker)
            invoker.Dispose();
    }

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        invoker is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : invoker.SendAsync(request, cancellationToken);

    internal void Add(IDisposable call)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        calls.TryAdd(call, true);
        if (disposed)
            call.Dispose();
    }

    internal void Remove(IDisposable call) => calls.TryRemove(call, out _);
}
