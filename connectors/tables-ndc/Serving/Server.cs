using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Platform.Connectors.Tables.Configuration;

namespace Platform.Connectors.Tables.Serving;

/// <summary><c>serve</c>: listens until SIGTERM or SIGINT, answers what has begun, and ends with 0.</summary>
internal static class Server
{
    /// <summary>For requests that are under way when a signal comes.</summary>
    private static readonly TimeSpan grace = TimeSpan.FromSeconds(30);

    /// <exception cref="BadConfiguration">Settings or configuration are wrong, or the port is taken.</exception>
    public static async Task RunAsync()
    {
        // Before all else: a signal during the start ends it as well, and process 1 of a container ignores those that nobody registered for.
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

        var settings = Settings.Read();
        var catalog = new ConfigurationReader(settings.Directory).Read();
        using var telemetry = Telemetry.Start(settings);
        await using var app = Build(settings.Port);
        app.Run(new Endpoints(catalog, new(settings.Secret), new()).AnswerAsync);
        try
        {
            await app.StartAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (IOException e)
        {
            throw new BadConfiguration([$"port_taken: port {settings.Port} can't be listened on: {e.Message}; set {Settings.PortVariable} to another one"]);
        }

        Console.WriteLine($"Listening on http://0.0.0.0:{settings.Port}, serving {catalog.Collections.Count} collections from {settings.Directory}.");
        await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        Console.WriteLine("Stopping.");
        await app.StopAsync(CancellationToken.None);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>Kestrel and nothing else: no configuration files, no logging, no routing. It starts in a third of the time of the usual host.</summary>
    private static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = grace);
        // IPv4, as containers have it even where the engine has IPv6 turned off.
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o =>
        {
            o.Listen(IPAddress.Any, port);
            o.AddServerHeader = false;
        });
        return builder.Build();
    }
}
