using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Drivers.Oms.Rpc;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers;

internal static class DriverSetup
{
    /// <summary>Every protocol that this Runner speaks: one line each.</summary>
    public static void AddConnectorDrivers(this IServiceCollection services)
    {
        services.AddDriver<GoPluginDriver>(GoPluginDriver.C1);
        services.AddDriver<GoPluginDriver>(GoPluginDriver.Native);

        services.AddSingleton<RpcChannels>().AddSingleton<RpcDescriptions>().AddSingleton<RpcAction>();

        services.AddOptions<ConnectorSettings>().BindConfiguration(ConnectorSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<PrepareAtStart>();
        services.AddSingleton<ProcessLauncher>().AddSingleton<Isolation>().AddSingleton<RunFolders>().AddSingleton<ConnectorDrivers>();
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
}
