using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.Ndc.Tests.Client;

/// <summary>A server that answers as it is told, and remembers what it was asked.</summary>
public sealed class ScriptedConnector : IAsyncDisposable
{
    private readonly WebApplication app;

    private ScriptedConnector(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            Asked.Enqueue(new($"{context.Request.Method} {context.Request.Path}", context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync()));
            await answer(context);
        });
    }

    public ConcurrentQueue<Request> Asked { get; } = [];

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<ScriptedConnector> StartAsync(Func<HttpContext, Task> answer)
    {
        var server = new ScriptedConnector(answer);
        await server.app.StartAsync();
        return server;
    }

    public static Task<ScriptedConnector> StartAsync(int status, string body, string contentType = "application/json") => StartAsync(async context =>
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, contentType);
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
    });

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(true));
        await app.DisposeAsync();
    }

    public sealed record Request(string Line, IReadOnlyDictionary<string, string> Headers, string Body);
}
