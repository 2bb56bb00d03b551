using System.Net.Security;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Ingest.V1;
using Platform.Protocols.GoPlugin;
using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

/// <summary>The callback endpoint under AutoMTLS, dialled by the connector and by others.</summary>
public sealed class CallbackTlsTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly Method<byte[], byte[]> Clean = new(MethodType.Unary, CallbackService.ServiceName, nameof(Clean), RawMessages.Marshaller, RawMessages.Marshaller);
    private readonly string folder = Directory.CreateTempSubdirectory("ct-").FullName;
    private readonly MutualTls host = new();
    private readonly MutualTls connector = new();
    private readonly MutualTls stranger = new();
    private Peers peers = null!;
    private GrpcChannel ingest = null!;
    private PageLoad pages = null!;
    private CallbackSession session = null!;
    private CallbackEndpoint endpoint = null!;

    public async ValueTask InitializeAsync()
    {
        peers = await Peers.StartAsync();
        ingest = peers.Channel();
        pages = await PageLoad.OpenAsync(new(ingest), new Open { Run = new() { RunId = Guid.CreateVersion7().ToString() } }, CancellationToken.None);
        session = new(pages);
        host.Trust(connector.Certificate);
        connector.Trust(host.Certificate);
        stranger.Trust(host.Certificate);
        endpoint = await CallbackEndpoint.ListenAsync(Path.Combine(folder, "s"), session, 1 << 20, host);
    }

    public async ValueTask DisposeAsync()
    {
        await endpoint.DisposeAsync();
        pages.Dispose();
        ingest.Dispose();
        await peers.DisposeAsync();
        foreach (var tls in (MutualTls[])[host, connector, stranger])
            tls.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_connector_is_served()
    {
        await CallAsync(connector);

        Assert.True(session.FullListing);
        Assert.False(pages.Refused.IsCompleted);
    }

    [Fact]
    public async Task Another_certificate_is_refused_and_fails_the_run()
    {
        await Assert.ThrowsAsync<RpcException>(() => CallAsync(stranger));

        var fault = (await pages.Refused.WaitAsync(Limit, TestContext.Current.CancellationToken)).Fault;
        Assert.Equal("mtls_callback_failed", fault.Code);
        Assert.Contains("another certificate", fault.Message, StringComparison.Ordinal);
        Assert.False(session.FullListing);
    }

    [Fact]
    public async Task A_call_without_tls_is_refused_and_fails_the_run()
    {
        await Assert.ThrowsAsync<RpcException>(() => CallAsync(null));

        Assert.Equal("mtls_callback_failed", (await pages.Refused.WaitAsync(Limit, TestContext.Current.CancellationToken)).Fault.Code);
        Assert.False(session.FullListing);
    }

    [Fact]
    public async Task A_handshake_that_is_merely_broken_off_fails_nothing()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint.Socket), TestContext.Current.CancellationToken);
        await using var tls = new SslStream(new LeavesAtTheFirstAnswer(socket));
        await Assert.ThrowsAsync<IOException>(() => tls.AuthenticateAsClientAsync(connector.ClientOptions(), TestContext.Current.CancellationToken));
        await endpoint.Disconnected.WaitAsync(Limit, TestContext.Current.CancellationToken);

        await endpoint.HandshakesSettled.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.False(pages.Refused.IsCompleted);
        await CallAsync(connector);
        Assert.True(session.FullListing);
    }

    private async Task CallAsync(MutualTls? tls)
    {
        using var channel = PluginChannel.Open(new("unix", endpoint.Socket), tls, int.MaxValue);
        await channel.CreateCallInvoker().AsyncUnaryCall(Clean, null, new CallOptions(deadline: DateTime.UtcNow + Limit), []);
    }

    private sealed class LeavesAtTheFirstAnswer(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            Socket.Close();
            throw new IOException($"left after {read} bytes");
        }
    }
}
