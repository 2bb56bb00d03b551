using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

public sealed class GrpcChannelOptions
{
    // Checked against the address; TLS itself follows from the address. May have credentials for every call.
    public ChannelCredentials? Credentials { get; set; }

    // Without it a channel without TLS keeps call credentials to itself: whoever sees the traffic could use them.
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    // Bytes; null: no limit.
    public int? MaxSendMessageSize { get; set; }

    // Bytes; null: no limit.
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    // What messages can be read in and, asked by the call's metadata grpc-internal-encoding-request, written in; null: gzip.
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    public ILoggerFactory? LoggerFactory { get; set; }

    public HttpClient? HttpClient { get; set; }

    public HttpMessageHandler? HttpHandler { get; set; }

    // Calls that end as CANCELLED or DEADLINE_EXCEEDED throw OperationCanceledException, with the RpcException inside.
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    // Whether the client or handler given here ends with the channel. One that the channel makes always does.
    public bool DisposeHttpClient { get; set; }
}
