using System.Globalization;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Benchmarks.Processes;
using Platform.Ingest.V1;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.GoPlugin;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Benchmarks.Syncs;

/// <summary>Our contestant: the Runner's path from a connector to Ingest, with the isolation that this machine offers.</summary>
/// <remarks>
/// Commands: <c>prepare OBJECTS PAGE CONNECTION</c> starts the connector for a sync into that connection ("nothing": into a counter), <c>go</c> lets it
/// sync and answers with the objects that were received.
/// </remarks>
internal static class SyncHostProcess
{
    public const string Stream = "stream", C1 = GoPluginDriver.C1, Nowhere = "nothing";

    /// <param name="protocol">Of the two that the generator speaks.</param>
    /// <param name="address">Ingest's; the internal secret is in the environment.</param>
    public static async Task RunAsync(string generator, string protocol, string address)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        services.AddConnectorDrivers();
        services.AddKeyedSingleton<IConnectorDriver, StreamDriver>(Stream);
        await using var provider = services.BuildServiceProvider();
        var driver = provider.GetRequiredKeyedService<IConnectorDriver>(protocol);
        using var channel = address == Nowhere ? null : GrpcChannel.ForAddress(address, new()
        {
            HttpHandler = new InternalSecretHandler(new InternalSecret(configuration)) { InnerHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true } },
            MaxSendMessageSize = null,
        });
        var fence = 0;
        PreparedSync? prepared = null;
        await Obedience.ObeyAsync(async line =>
        {
            switch (line.Split(' '))
            {
                case ["prepare", var objects, var page, var connection]:
                    prepared = await PreparedSync.StartAsync(
                        driver, connection == Nowhere ? null : new IngestClient(channel), Identity(connection, ++fence), generator,
                        $$"""{"objects": {{objects}}, "page": {{page}}, "distinct": true}""");
                    return "prepared";
                case ["go"] when prepared is not null:
                    return (await prepared.GoAsync()).ToString(CultureInfo.InvariantCulture);
                default:
                    throw new ArgumentException($"not a command of a host: {line}");
            }
        });
    }

    private static RunIdentity Identity(string connection, int fence) => new()
    {
        RunId = Guid.CreateVersion7().ToString(),
        ConnectionId = connection,
        Connection = $"connection-{connection}",
        Connector = "bench",
        Fence = fence,
    };
}
