using System.Net;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Platform.Standins.Tests.Grpc;

// A real Kestrel with the echo service, over h2c on a TCP port or a unix socket, and a real channel to it.
internal sealed class EchoServer : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication app;
    private readonly string? socketDirectory;

    private EchoServer(WebApplication app, GrpcChannel channel, Uri address, string? socketDirectory)
    {
        this.app = app;
        this.socketDirectory = socketDirectory;
        Channel = channel;
        Address = address;
    }

    public GrpcChannel Channel { get; }

    public Uri Address { get; }

    public Echo.EchoClient Client => new(Channel);

    public EchoState State => app.Services.GetRequiredService<EchoState>();

    public static async Task<EchoServer> StartAsync(
        bool unixSocket = false,
        Action<GrpcServiceOptions>? server = null,
        Action<GrpcChannelOptions>? client = null,
        Action<WebApplication>? map = null)
    {
        var directory = unixSocket ? Directory.CreateTempSubdirectory("grpc-").FullName : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<EchoState>();
        builder.Services.AddGrpc(server ?? (_ => { }));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (directory is null)
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            else
                kestrel.ListenUnixSocket(Path.Combine(directory, "s"), listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.MapGrpcService<EchoService>();
        map?.Invoke(app);
        await app.StartAsync();
        var address = directory is null
            ? new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single())
            : new Uri("http://localhost");
        var options = new GrpcChannelOptions();
        if (directory is not null)
        {
            options.HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(Path.Combine(directory, "s"), cancellationToken) };
            options.DisposeHttpClient = true;
        }

        client?.Invoke(options);
        return new EchoServer(app, GrpcChannel.ForAddress(address, options), address, directory);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        State.Release.TrySetResult();
        await app.DisposeAsync();
        if (socketDirectory is not null)
            Directory.Delete(socketDirectory, recursive: true);
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
