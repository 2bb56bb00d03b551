using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Platform.Protocols.GoPlugin;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>The server that a connector calls back, on a unix socket of its own for each Sync.</summary>
internal sealed class CallbackEndpoint : IAsyncDisposable
{
    private const int WindowBytes = 4 << 20;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromDays(7);

    private readonly WebApplication app;
    private readonly CallbackTls? tls;
    private readonly TaskCompletionSource disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int connections;

    private CallbackEndpoint(string socket, CallbackSession session, int maxMessageBytes, MutualTls? mutual)
    {
        Socket = socket;
        tls = mutual is null ? null : new CallbackTls(mutual, session);
        // Empty: it must not read the settings of the Runner's own endpoints.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            // A connector may wait long for its source between two pages.
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            kestrel.Limits.Http2.InitialStreamWindowSize = WindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = WindowBytes;
            kestrel.ListenUnixSocket(socket, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => connection => CountAsync(next(connection)));
                tls?.Apply(listen);
            });
        });
        if (tls is not null)
            builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(tls);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = maxMessageBytes);
        builder.Services.AddSingleton(session).AddSingleton<CallbackService>();
        // Nobody listens to this one: a span for each page would drown the trace.
        builder.Services.AddSingleton(new ActivitySource("Platform.Runner.Callbacks"));
        app = builder.Build();
        app.Use(async (context, next) =>
        {
            await next(context);
            // Before its handler is called, a message can be refused by its size or shape; the run has to know that too.
            if (Status(context) is { } status && status != StatusCode.OK)
                session.Pages.Refuse(status == StatusCode.ResourceExhausted ? Faults.MessageTooLarge(maxMessageBytes) : Faults.PageRefused($"the call ended with {status}"));
        });
        app.UseRouting();
        app.MapGrpcService<CallbackService>();
    }

    public string Socket { get; }

    /// <summary>Ends when a connector that had connected has no connection left; never fails.</summary>
    public Task Disconnected => disconnected.Task;

    /// <summary>Ends when no TLS handshake is on its way; whether one failed is then known. Never fails.</summary>
    public Task HandshakesSettled => tls?.Settled ?? Task.CompletedTask;

    /// <param name="mutual">Serves TLS with this certificate, to the one that it trusts; null: plain HTTP/2.</param>
    /// <returns>Listening.</returns>
    public static async Task<CallbackEndpoint> ListenAsync(string socket, CallbackSession session, int maxMessageBytes, MutualTls? mutual = null)
    {
        var endpoint = new CallbackEndpoint(socket, session, maxMessageBytes, mutual);
        await endpoint.app.StartAsync();
        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        // Without grace: what is still being called is refused anyway.
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    private async Task CountAsync(Task connection)
    {
        Interlocked.Increment(ref connections);
        try
        {
            await connection;
        }
        finally
        {
            if (Interlocked.Decrement(ref connections) == 0)
                disconnected.TrySetResult();
        }
    }

    private static StatusCode? Status(HttpContext context)
    {
        var text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"].ToString();
        if (string.IsNullOrEmpty(text))
            text = context.Response.Headers["grpc-status"].ToString();
        return int.TryParse(text, out var number) ? (StatusCode)number : null;
    }
}
