using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Platform.Standins.Tests.Grpc;

// A real Kestrel with the echo service, over h2c or TLS on a TCP port or a unix socket, and a real channel to it.
internal sealed class EchoServer : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication app;
    private readonly string? socketDirectory;
    private int openRequests;

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

    // Requests that the server is busy with: streams that it has not let go.
    public int OpenRequests => Volatile.Read(ref openRequests);

    public IServiceProvider Services => app.Services;

    // What left a call as an exception, where a status belongs.
    public ConcurrentQueue<Exception> Escaped { get; } = new();

    public EchoState State => app.Services.GetRequiredService<EchoState>();

    public static async Task<EchoServer> StartAsync(
        bool unixSocket = false,
        Action<GrpcServiceOptions>? server = null,
        Action<GrpcChannelOptions>? client = null,
        Action<WebApplication>? map = null,
        Action<KestrelServerOptions>? kestrel = null,
        Action<SocketsHttpHandler>? handler = null,
        Action<HttpsConnectionAdapterOptions>? https = null,
        Action<IServiceCollection>? services = null)
    {
        var directory = unixSocket ? Directory.CreateTempSubdirectory("grpc-").FullName : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<EchoState>();
        builder.Services.AddGrpc(server ?? (_ => { }));
        services?.Invoke(builder.Services);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            if (directory is null)
                options.Listen(IPAddress.Loopback, 0, Configure);
            else
                options.ListenUnixSocket(Path.Combine(directory, "s"), Configure);

            kestrel?.Invoke(options);
        });
        var app = builder.Build();
        EchoServer? started = null;
        app.Use(async (http, next) =>
        {
            Interlocked.Increment(ref started!.openRequests);
            try
            {
                await next(http);
            }
            catch (Exception exception)
            {
                started.Escaped.Enqueue(exception);
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref started.openRequests);
            }
        });
        app.MapGrpcService<EchoService>();
        map?.Invoke(app);
        await app.StartAsync();
        var address = directory is null
            ? new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single())
            : new Uri(https is not null ? "https://localhost" : "http://localhost");
        var sockets = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (directory is not null)
            sockets.ConnectCallback = (_, cancellationToken) => ConnectAsync(Path.Combine(directory, "s"), cancellationToken);

        handler?.Invoke(sockets);
        var channelOptions = new GrpcChannelOptions { HttpHandler = sockets, DisposeHttpClient = true };
        client?.Invoke(channelOptions);
        return started = new EchoServer(app, GrpcChannel.ForAddress(address, channelOptions), address, directory);

        void Configure(ListenOptions options)
        {
            options.Protocols = HttpProtocols.Http2;
            if (https is not null)
                options.UseHttps(https);
        }
    }

    // As a host does at SIGTERM; patience is how long calls may take to finish.
    public async Task StopAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        await app.StopAsync(limit.Token);
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
