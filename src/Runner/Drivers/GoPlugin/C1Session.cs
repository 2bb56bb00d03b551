using Grpc.Core;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;
using C1 = Platform.Protocols.C1;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>c1: go-plugin app protocol 1, whose Sync sends its pages through a callback of the host.</summary>
/// <param name="socket">Where the callback may listen.</param>
internal sealed class C1Session(PluginHost plugin, string socket, int maxMessageBytes) : IPluginSession
{
    public const int Version = 1;

    private static readonly TimeSpan DeadlineTolerance = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WindUpLimit = TimeSpan.FromSeconds(1);

    public string Protocol => GoPluginDriver.C1;

    /// <summary>c1 has no call that tells something: that it answers is all there is to know.</summary>
    public Task<ConnectorSpecification?> SpecifyAsync(CancellationToken cancel) => Task.FromResult<ConnectorSpecification?>(null);

    /// <summary>There is nothing to ask: that it starts is the one check.</summary>
    public Task<IReadOnlyList<CheckResult>> CheckAsync(string options, CancellationToken cancel) => Task.FromResult<IReadOnlyList<CheckResult>>(
        [new("start", true, "The connector starts and answers; connectors of its protocol can't check their options without a sync.")]);

    public Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel) => throw Faults.UnknownAction(work.Action);

    public async Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel)
    {
        // c1 has no state: every attempt sends everything anew.
        var pages = await work.OpenPages(true);
        var session = new CallbackSession(pages);
        await using var callback = await CallbackEndpoint.ListenAsync(socket, session, maxMessageBytes, plugin.Tls);
        try
        {
            return await SyncAsync(callback, session, pages, work, cancel);
        }
        finally
        {
            session.End();
        }
    }

    private async Task<SyncEnd> SyncAsync(
        CallbackEndpoint callback, CallbackSession session, PageLoad pages, SyncWork work, CancellationToken cancel)
    {
        var client = new C1.Connector.ConnectorClient(plugin.Invoker);
        var id = await AnnounceAsync(callback.Socket);
        var deadline = DateTime.UtcNow + work.TotalLimit;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var call = client.SyncAsync(new C1.SyncRequest { Options = work.Options, CallbackHandlerServer = id }, deadline: deadline, cancellationToken: stop.Token);
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
        throw await WhyAsync(sync);
    }

    // The connector knows the deadline too, and may say so a moment earlier.
    private static bool IsLate(Task<C1.EndSync> sync, DateTime deadline) =>
        sync.Exception?.InnerException is RpcException { StatusCode: var status }
        && DateTime.UtcNow >= deadline - (status == StatusCode.DeadlineExceeded ? DeadlineTolerance : TimeSpan.Zero);

    private async Task<RunFaultException> WhyAsync(Task<C1.EndSync> sync)
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

    private async Task<uint> AnnounceAsync(string address)
    {
        try
        {
            return await plugin.Broker.AnnounceAsync(address);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            throw await plugin.ExitFaultAsync() ?? Faults.BrokerLost();
        }
    }
}
