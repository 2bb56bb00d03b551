using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Platform.Interop.Tests.Client;

// What the cases call with. A case may assume that no other runs at the same time.
internal sealed class InteropClient : IDisposable
{
    // Calls that are to succeed get it as their deadline.
    public static readonly TimeSpan CaseTimeout = TimeSpan.FromSeconds(10);

    private readonly GrpcChannel channel;
    private readonly GrpcChannel observedChannel;
    private readonly HashSet<string> limits;

    public InteropClient(string target, IEnumerable<string> serverLimits)
    {
        limits = [.. serverLimits];
        ResponseFlags = new ResponseFlags(Handler(target));
        channel = GrpcChannel.ForAddress(Address(target), new GrpcChannelOptions { HttpHandler = Handler(target), DisposeHttpClient = true });
        observedChannel = GrpcChannel.ForAddress(Address(target), new GrpcChannelOptions { HttpHandler = ResponseFlags, DisposeHttpClient = true });
        Service = new TestService.TestServiceClient(channel);
        Unimplemented = new UnimplementedService.UnimplementedServiceClient(channel);
        ObservedService = new TestService.TestServiceClient(observedChannel);
    }

    public TestService.TestServiceClient Service { get; }

    public UnimplementedService.UnimplementedServiceClient Unimplemented { get; }

    // The same service on a channel that sees the flags of the responses.
    public TestService.TestServiceClient ObservedService { get; }

    public ResponseFlags ResponseFlags { get; }

    // The server cannot see whether a message came compressed.
    public bool ServerIsBlind => limits.Contains("blind");

    // The server compresses exactly the responses to compressed requests.
    public bool ServerMirrors => limits.Contains("mirrors");

    public static CallOptions Options(Metadata? headers = null, WriteOptions? writeOptions = null) =>
        new(headers, DateTime.UtcNow + CaseTimeout, writeOptions: writeOptions);

    public static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    public void Dispose()
    {
        channel.Dispose();
        observedChannel.Dispose();
    }

    private static string Address(string target) => target.StartsWith("unix:", StringComparison.Ordinal) ? "http://localhost" : "http://" + target;

    private static SocketsHttpHandler Handler(string target)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (target.StartsWith("unix:", StringComparison.Ordinal))
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(target["unix:".Length..]), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }

        return handler;
    }
}
