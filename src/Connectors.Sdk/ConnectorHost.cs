using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Platform.Connectors.GoPlugin;

namespace Platform.Connectors;

/// <summary>Serves a connector to the host process that started it. The whole of a connector's <c>Main</c>.</summary>
public static class ConnectorHost
{
    /// <summary>
    /// Speaks the go-plugin protocol with the parent process until that asks to shut down.
    /// </summary>
    /// <returns>The process's exit code: 0 after a shutdown, 1 when not started by a host.</returns>
    public static async Task<int> RunAsync<TConnector, TOptions>()
        where TConnector : Connector<TOptions>, new()
    {
        if (Handshake.Refusal() is { } refusal)
        {
            await Console.Error.WriteLineAsync(refusal);
            return 1;
        }

        using var socket = PluginSocket.Create();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(new HcLogProvider(Console.Error));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ListenUnixSocket(socket.Path, listen => listen.Protocols = HttpProtocols.Http2);
        });
        // The terminal's Ctrl-C reaches the whole process group; ending this process is the host's decision.
        builder.Services.AddSingleton<IHostLifetime, HostDecidesLifetime>();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton<Broker>().AddSingleton(StandardStreams.Capture()).AddSingleton<TConnector>().AddSingleton(Healthy());

        await using var app = builder.Build();
        app.MapGrpcService<BrokerService>();
        app.MapGrpcService<ControllerService>();
        app.MapGrpcService<StdioService>();
        app.MapGrpcService<HealthServiceImpl>();
        app.MapGrpcService<C1ConnectorService<TConnector, TOptions>>();

        await app.StartAsync();
        Handshake.Announce(socket.Path);
        await app.WaitForShutdownAsync();
        return 0;
    }

    // For as long as it answers at all. Hosts ask for the service named plugin.
    private static HealthServiceImpl Healthy()
    {
        var health = new HealthServiceImpl();
        health.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
        health.SetStatus("plugin", HealthCheckResponse.Types.ServingStatus.Serving);
        return health;
    }
}
