using Platform.Runner.Containers;
using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Drivers.Ndc;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Drivers.Oms.Http;
using Platform.Runner.Drivers.Oms.Rpc;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers;

internal static class DriverSetup
{
    /// <summary>Every protocol that this Runner speaks: one line each.</summary>
    public static void AddConnectorDrivers(this IServiceCollection services)
    {
        services.AddDriver<GoPluginDriver>(GoPluginDriver.C1);
        services.AddDriver<GoPluginDriver>(GoPluginDriver.Native);
        services.AddDriver<OmsDriver>(OmsDriver.Protocol);
        services.AddDriver<NdcDriver>(NdcDriver.Protocol);

        services.AddSingleton<ServiceVersions>().AddSingleton<OmsHttpClients>().AddSingleton<HttpAction>();
        services.AddSingleton<PackageVersions>();
        services.AddSingleton<RpcChannels>().AddSingleton<RpcDescriptions>().AddSingleton<RpcAction>();

        services.AddOptions<ConnectorSettings>().BindConfiguration(ConnectorSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<LeftOvers>();
        services.AddSingleton<ProcessLauncher>().AddSingleton<Isolation>().AddSingleton<RunFolders>().AddSingleton<ConnectorDrivers>();
        services.AddWarmServers();
    }

    /// <summary>The servers of described services and packaged connectors, and the engine that runs the containers among them.</summary>
    public static void AddWarmServers(this IServiceCollection services)
    {
        services.AddContainerEngine();
        services.AddOptions<ServerSettings>().BindConfiguration(ServerSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Sandbox>().AddSingleton<PackageTelemetry>().AddSingleton<ServerStart>().AddSingleton<WarmServers>();
        services.AddHostedService<RemoveDeadContainers>();
        services.AddHostedService(provider => provider.GetRequiredService<WarmServers>());
    }

    private static void AddDriver<T>(this IServiceCollection services, string protocol)
        where T : class, IConnectorDriver
    {
        services.AddKeyedSingleton<IConnectorDriver, T>(protocol);
        services.AddSingleton(new KnownProtocol(protocol));
    }
}

internal sealed record KnownProtocol(string Name);

/// <summary>Finds the driver for a connector's protocol.</summary>
internal sealed class ConnectorDrivers(IServiceProvider services, IEnumerable<KnownProtocol> known)
{
    public IConnectorDriver For(string protocol) =>
        services.GetKeyedService<IConnectorDriver>(protocol) ?? throw Faults.UnknownProtocol(protocol, known.Select(p => p.Name));

    /// <summary>The connection is gone: whatever is kept for it, however it was spoken to, is ended.</summary>
    public Task ForgetAsync(Guid connection, CancellationToken cancel) => Task.WhenAll(known.Select(p => For(p.Name).ForgetAsync(connection, cancel)));
}
