using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.Interop.Tests.Matrix;

namespace Platform.Interop.Tests.Server;

// Kestrel with the interop service, over h2c on a TCP port and a unix socket.
internal sealed class OurServer : IInteropServer
{
    private readonly WebApplication app;

    private OurServer(WebApplication app, string socket)
    {
        this.app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Tcp = new Uri(addresses.Single(address => !address.Contains("unix:", StringComparison.Ordinal))).Authority;
        Unix = "unix:" + socket;
    }

    public string Tcp { get; }

    public string Unix { get; }

    public static async Task<OurServer> StartAsync(string socket)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.Use(next => http => RequestFlags.ObserveAsync(http, next));
        app.MapGrpcService<InteropService>();
        await app.StartAsync();
        return new OurServer(app, socket);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
