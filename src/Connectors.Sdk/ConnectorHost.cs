using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Platform.Connectors.GoPlugin;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors;

/// <summary>Serves a connector to the host process that started it. The whole of a connector's <c>Main</c>.</summary>
public static class ConnectorHost
{
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Speaks the go-plugin protocol with the parent process until that asks to shut down.
    /// </summary>
    /// <param name="protocols">Contracts that hosts may choose.</param>
    /// <returns>The process's exit code: 0 after a shutdown, 1 when not started by a host.</returns>
    public static async Task<int> RunAsync<TConnector, TOptions>(ConnectorProtocols protocols = ConnectorProtocols.All)
        where TConnector : Connector<TOptions>, new()
    {
        var (refusal, agreed) = Handshake.Agree(protocols);
        if (refusal is not null)
        {
            await Console.Error.WriteLineAsync(refusal);
            return 1;
        }

        MutualTls? tls;
        try
        {
            tls = CreateTls();
        }
        catch (CryptographicException)
        {
            await Console.Error.WriteLineAsync($"The host's certificate in {MutualTls.ClientCertificateVariable} can't be read: expected one certificate as PEM text.");
            return 1;
        }

        using var ownTls = tls;
        using var socket = PluginSocket.Create();
        using var streams = StandardStreams.Capture();
        var builder = WebApplication.CreateSlimBuilder();
        // A connector listens on its socket and nowhere else, whatever an appsettings.json beside it or its environment says.
        ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
        builder.Logging.ClearProviders().AddProvider(new HcLogProvider(Console.Error));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ListenUnixSocket(socket.Path, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (tls is not null)
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls.ServerOptions()) });
            });
        });
        // The terminal's Ctrl-C reaches the whole process group; ending this process is the host's decision.
        builder.Services.AddSingleton<IHostLifetime, HostDecidesLifetime>();
        // The host waits two seconds; what still runs then is aborted.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(new Broker(tls)).AddSingleton(streams).AddSingleton<TConnector>().AddSingleton(Healthy());

        await using var app = builder.Build();
        app.MapGrpcService<BrokerService>();
        app.MapGrpcService<ControllerService>();
        app.MapGrpcService<StdioService>();
        app.MapGrpcService<HealthServiceImpl>();
        if (agreed == ConnectorProtocols.Platform)
            app.MapGrpcService<NativeConnectorService<TConnector, TOptions>>();
        else
            app.MapGrpcService<C1ConnectorService<TConnector, TOptions>>();

        await app.StartAsync();
        // What is printed from now on goes to the log: the stdio stream is read to its end and closed.
        app.Lifetime.ApplicationStopping.Register(streams.Complete);
        Handshake.Announce(agreed, socket.Path, tls);
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

    private static MutualTls? CreateTls()
    {
        if (Handshake.HostCertificate() is not { } pem)
            return null;
        var tls = new MutualTls();
        using var host = X509Certificate2.CreateFromPem(pem);
        tls.Trust(host.RawData);
        return tls;
    }
}
