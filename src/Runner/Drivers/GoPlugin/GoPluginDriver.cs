using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Platform.Runner.Drivers.GoPlugin.Native;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// Connectors that are go-plugin processes. A manifest that names c1, or nothing, lets the connector choose the best contract that it knows;
/// one that names the platform's own insists on it.
/// </summary>
/// <param name="protocol">As the manifest names it.</param>
internal sealed class GoPluginDriver(
    [ServiceKey] string protocol, ProcessLauncher launcher, Isolation isolation, RunFolders folders, IOptions<ConnectorSettings> options) : IConnectorDriver
{
    public const string C1 = "c1";
    public const string Native = "platform";

    private static readonly KeyValuePair<string, string> Cookie = new("BASIC_PLUGIN", "hello");

    private readonly int[] versions = protocol == Native ? [NativeSession.Version] : [C1Session.Version, NativeSession.Version];

    public Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel) =>
        WithSessionAsync(launch, async (session, isolation) => new ConnectorDescription(isolation, session.Protocol, await session.SpecifyAsync(cancel)), cancel);

    public Task<IReadOnlyList<CheckResult>> CheckAsync(ConnectorLaunch launch, string options, CancellationToken cancel) =>
        WithSessionAsync(launch, (session, _) => session.CheckAsync(options, cancel), cancel);

    public Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel) => WithSessionAsync(
        work.Launch,
        (session, isolation) =>
        {
            work.OnStarted(isolation);
            return session.SyncAsync(work, cancel);
        },
        cancel);

    public Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel) => WithSessionAsync(
        work.Launch,
        (session, isolation) =>
        {
            work.OnStarted(isolation);
            return session.InvokeAsync(work, cancel);
        },
        cancel);

    public Task<ConnectorListener> ListenAsync(ListenWork work, CancellationToken cancel) => throw Faults.SubscriptionsNotSupported();

    private async Task<T> WithSessionAsync<T>(ConnectorLaunch launch, Func<IPluginSession, string, Task<T>> use, CancellationToken cancel)
    {
        using var folder = folders.Create();
        try
        {
            await using var plugin = await PluginHost.StartAsync(
                launcher, isolation, folder, launch, TimeSpan.FromSeconds(options.Value.GraceSeconds), options.Value.MaxMessageBytes, versions, Cookie, cancel);
            IPluginSession session = plugin.Version == NativeSession.Version
                ? new NativeSession(plugin, launch.Output, options.Value.MaxMessageBytes)
                : new C1Session(plugin, folder.Socket("callback"), options.Value.MaxMessageBytes);
            return await use(session, plugin.Isolation);
        }
        catch (RunFaultException e) when (e.Fault.Detail is null && launch.Output.LastWords is { } words)
        {
            throw new RunFaultException(e.Fault with { Detail = words });
        }
    }
}

/// <summary>A connector that answers, by the contract that was agreed on. Once for one call; whoever made it ends the process.</summary>
internal interface IPluginSession
{
    /// <summary>As a description names it.</summary>
    string Protocol { get; }

    Task<ConnectorSpecification?> SpecifyAsync(CancellationToken cancel);

    Task<IReadOnlyList<CheckResult>> CheckAsync(string options, CancellationToken cancel);

    Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel);

    Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel);
}
