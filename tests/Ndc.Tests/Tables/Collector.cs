using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Platform.Ndc.Tests.Tables;

/// <summary>Takes spans by OTLP, over HTTP/1.1 or gRPC, and keeps the bodies as they came.</summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> received = [];

    private Collector(HttpProtocols protocol)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0, l => l.Protocols = protocol));
        app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue((context.Request.Path, body.ToArray()));
            if (protocol == HttpProtocols.Http2)
            {
                // An empty message, which says that all was taken.
                context.Response.ContentType = "application/grpc";
                context.Response.AppendTrailer("grpc-status", "0");
                await context.Response.Body.WriteAsync(new byte[5]);
            }
        });
    }

    public static async Task<Collector> StartAsync(HttpProtocols protocol)
    {
        var collector = new Collector(protocol);
        await collector.app.StartAsync();
        return collector;
    }

    public string Root => app.Urls.Single();

    public IReadOnlyCollection<(string Path, byte[] Body)> Received => received;

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
