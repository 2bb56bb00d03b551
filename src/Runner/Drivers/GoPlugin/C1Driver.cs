using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Protocols.C1;
using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>c1: go-plugin app protocol 1, whose Sync sends its pages through a callback of the host.</summary>
internal sealed class C1Driver(ProcessLauncher launcher, Isolation isolation, RunFolders folders, IOptions<ConnectorSettings> options) : IConnectorDriver
{
    public const string Protocol = "c1";

    private static readonly int[] Versions = [1];
    private static readonly KeyValuePair<string, string> Cookie = new("BASIC_PLUGIN", "hello");
    private static readonly TimeSpan DeadlineTolerance = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WindUpLimit = TimeSpan.FromSeconds(1);

    /// <summary>c1 has no call that tells something: that it answers is all there is to know.</summary>
    public async Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel)
    {
        using var folder = folders.Create();
        try
        {
            await using var plugin = await StartAsync(folder, launch, cancel);
            return new(plugin.Isolation, Protocol);
        }
        catch (RunFaultException e)
        {
            throw WithLastWords(e, launch.Output);
        }
    }

    /// <summary>There is nothing to ask: that it starts is the one check.</summary>
    public async Task<IReadOnlyList<CheckResult>> CheckAsync(ConnectorLaunch launch, string options, CancellationToken cancel)
    {
        await DescribeAsync(launch, cancel);
        return [new("start", true, "The connector starts and answers; connectors of its protocol can't check their options without a sync.")];
    }

    public Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel) => throw Faults.UnknownAction(work.Action);

    public async Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel)
    {
        using var folder = folders.Create();
        try
        {
            await using var plugin = await StartAsync(folder, work.Launch, cancel);
            work.OnStarted(plugin.Isolation);
            // c1 has no state: every attempt sends everything anew.
            var pages = await work.OpenPages(true);
            var session = new CallbackSession(pages);
            await using var callback = await CallbackEndpoint.ListenAsync(folder.Socket("callback"), session, options.Value.MaxMessageBytes, plugin.Tls);
            try
            {
                return await SyncAsync(plugin, callback, session, pages, work, cancel);
            }
            finally
            {
                session.End();
            }
        }
        catch (RunFaultException e)
        {
            throw WithLastWords(e, work.Launch.Output);
        }
    }

    private Task<PluginHost> StartAsync(RunFolder folder, ConnectorLaunch launch, CancellationToken cancel) =>
        PluginHost.StartAsync(launcher, isolation, folder, launch, TimeSpan.FromSeconds(options.Value.GraceSeconds), Versions, Cookie, cancel);

    private static RunFaultException WithLastWords(RunFaultException e, ConnectorOutput output) =>
        e.Fault.Detail is null && output.LastWords is { } words ? new(e.Fault with { Detail = words }) : e;

    private async Task<SyncEnd> SyncAsync(
        PluginHost plugin, CallbackEndpoint callback, CallbackSession session, PageLoad pages, SyncWork work, CancellationToken cancel)
    {
        var client = new Connector.ConnectorClient(plugin.Invoker);
        var id = await AnnounceAsync(plugin, callback.Socket);
        var deadline = DateTime.UtcNow + work.TotalLimit;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var call = client.SyncAsync(new SyncRequest { Options = work.Options, CallbackHandlerServer = id }, deadline: deadline, cancellationToken: stop.Token);
        var sync = call.ResponseAsync;

        // Sync may hang until its deadline: its process, the broker and the pages are watched beside it.
        await Task.WhenAny(sync, plugin.Exited, plugin.Broker.Ended, pages.Refused);
        if (cancel.IsCancellationRequested)
        {
            session.End();
            plugin.BeginEnd();
            await Task.WhenAny(callback.Disconnected, plugin.Exited, Task.Delay(WindUpLimit, CancellationToken.None));
            throw new OperationCanceledException(cancel);
        }

        // A connector that passes over a refused connection may be done before the refusal has arrived.
        await callback.HandshakesSettled;
        // A page that is on its way when Sync returns still counts; one that comes later is refused.
        if (sync.IsCompletedSuccessfully)
            await pages.SealAsync();
        session.End();
        if (pages.Refused.IsCompleted)
            throw await pages.Refused;
        if (sync.IsCompletedSuccessfully)
            return new(sync.Result.Metadata, session.FullListing || work.FullListing ? [CallbackService.OnlyStream] : []);

        await stop.CancelAsync();
        if (IsLate(sync, deadline))
            throw Faults.SyncTimeout(work.TotalLimit, plugin.WithoutStdio);
        throw await WhyAsync(plugin, sync);
    }

    // The connector knows the deadline too, and may say so a moment earlier.
    private static bool IsLate(Task<EndSync> sync, DateTime deadline) =>
        sync.Exception?.InnerException is RpcException { StatusCode: var status }
        && DateTime.UtcNow >= deadline - (status == StatusCode.DeadlineExceeded ? DeadlineTolerance : TimeSpan.Zero);

    private static async Task<RunFaultException> WhyAsync(PluginHost plugin, Task<EndSync> sync)
    {
        try
        {
            await sync;
        }
        catch (RpcException e) when (e.StatusCode is not (StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal))
        {
            return Faults.SyncFailed(e.Status.Detail);
        }
        catch (RpcException e)
        {
            // So ends a call whose connection broke, but also one whose connector chose that status.
            return await plugin.ExitFaultAsync()
                ?? (plugin.Broker.Ended.IsCompleted ? Faults.BrokerLost() : Faults.SyncFailed(e.Status.Detail));
        }

        return Faults.BrokerLost();
    }

    private static async Task<uint> AnnounceAsync(PluginHost plugin, string socket)
    {
        try
        {
            return await plugin.Broker.AnnounceAsync(socket);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            throw await plugin.ExitFaultAsync() ?? Faults.BrokerLost();
        }
    }
}
