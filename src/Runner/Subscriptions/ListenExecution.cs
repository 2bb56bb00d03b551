using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Ingest.V1;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Subscriptions;

/// <summary>
/// One holding of a listener, from its lease until there is nothing to listen to any more, it fails, or another replica is to go on. A subscription is a
/// standing wish: whatever fails is tried again, at ever longer intervals, until it is deleted.
/// </summary>
internal sealed partial class ListenExecution(
    ListenerStore listeners, SubscriptionStore subscriptions, ListenSessions sessions, RunChanges changes, RegistryClient registry, IngestClient ingest, BundleCache bundles,
    ConnectorDrivers drivers, IOptions<ConnectorSettings> settings, ILogger<ListenExecution> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PrepareLimit = TimeSpan.FromSeconds(30);

    /// <summary>Never fails. A lost lease ends it without a write.</summary>
    public async Task ExecuteAsync(Listener listener, CancellationToken stopping)
    {
        await using var beat = new Heartbeat(
            listener.RunId, RunStore.LeaseTime, changes, async cancel => await listeners.HeartbeatAsync(listener, cancel) ? false : null);
        var lost = beat.Lost;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, lost);
        Func<Task> next;
        try
        {
            next = await ListenAsync(listener, stop.Token) ? () => EndAsync(listener) : () => listeners.ReleaseAsync(listener, TimeSpan.Zero, failed: false, lost);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            next = () => listeners.ReleaseAsync(listener, TimeSpan.Zero, failed: false, lost);
        }
        catch (Exception e)
        {
            next = () => FailAsync(listener, e, lost);
        }

        try
        {
            if (!lost.IsCancellationRequested)
                await next();
        }
        catch (Exception e)
        {
            // Its lease runs out, and whoever finds it goes on from there.
            Log.NotWritten(logger, listener.Connection, e.Message);
        }
    }

    /// <summary>From one second to five minutes, twice as long each time, and a quarter more or less.</summary>
    /// <param name="failures">In a row before this one.</param>
    public static TimeSpan Pause(int failures) =>
        TimeSpan.FromSeconds(Math.Min(FirstPause.TotalSeconds * Math.Pow(2, Math.Min(failures, 20)), LongestPause.TotalSeconds)) * (0.75 + (Random.Shared.NextDouble() / 2));

    /// <returns>True: nothing is subscribed any more. False: the connection has changed, and is to be listened to anew.</returns>
    private async Task<bool> ListenAsync(Listener listener, CancellationToken stop)
    {
        if ((await subscriptions.ListAsync(listener.ConnectionId, stop)).Count == 0 || await IsDecidedAsync(listener, stop))
            return true;
        if (await PrepareAsync(listener, stop) is not { } prepared)
        {
            await subscriptions.RemoveAsync(listener.ConnectionId, null, stop);
            return true;
        }

        var given = Encoding.UTF8.GetString(prepared.Options.Span);
        var said = ConnectorSpecification.FromJson(prepared.Specification.Span);
        var mask = OptionMask.Of(said, given);
        try
        {
            var (options, errors) = said is null ? (given, []) : ParameterRules.Apply(said.Parameters, given);
            if (errors.Count > 0)
                throw Faults.InvalidOptions(errors);
            using var bundle = await bundles.GetAsync(prepared.Start.Digest, stop);
            var output = new ConnectorOutput(logger, listener.RunId, listener.Connector, mask);
            var limits = LaunchLimits.Of(settings.Value, prepared.Start.Limits);
            var launch = ConnectorLaunch.Of(listener.Connector, prepared.Start, bundle.Files, limits, output, listener.ConnectionId.ToString());
            using var pages = await PageLoad.OpenAsync(ingest, new Open { Run = listener.Identity(), NotifyChanges = prepared.ChangedEvents }, stop);
            return await sessions.RunAsync(listener, drivers.For(prepared.Start.Protocol), launch, options, pages, mask, async () => await PrepareAsync(listener, stop) is { } now && now.Equals(prepared), stop);
        }
        catch (RunFaultException e)
        {
            throw new RunFaultException(mask.Apply(e.Fault));
        }
    }

    // Then another run goes on: something was subscribed to between its end at Ingest and the end of its row.
    private async Task<bool> IsDecidedAsync(Listener listener, CancellationToken stop)
    {
        try
        {
            return (await ingest.GetOutcomeAsync(new() { RunId = listener.RunId.ToString() }, deadline: DateTime.UtcNow + PrepareLimit, cancellationToken: stop)).Outcome is not null;
        }
        catch (RpcException e) when (!stop.IsCancellationRequested)
        {
            throw Faults.IngestUnavailable(e.Status.Detail);
        }
    }

    /// <returns>Null: the connection is gone.</returns>
    private async Task<RunSpecification?> PrepareAsync(Listener listener, CancellationToken stop)
    {
        try
        {
            return await registry.PrepareRunAsync(
                new() { ConnectionId = listener.ConnectionId.ToString(), RunId = listener.RunId.ToString() }, deadline: DateTime.UtcNow + PrepareLimit, cancellationToken: stop);
        }
        catch (RpcException e) when (!stop.IsCancellationRequested)
        {
            return ProblemException.FromRpc(e)?.Problem switch
            {
                { Code: "unknown_connection" } => null,
                { } problem => throw Faults.PreparationFailed(problem),
                null => throw Faults.RegistryUnavailable(e.Status.Detail),
            };
        }
    }

    private async Task FailAsync(Listener listener, Exception e, CancellationToken lost)
    {
        var fault = e is RunFaultException known ? known.Fault : e is NpgsqlException ? Faults.DatabaseUnavailable(e.Message).Fault : Faults.Internal;
        if (fault == Faults.Internal)
            Log.Failed(logger, listener.Connection, e);
        else
            Log.Failing(logger, listener.Connection, fault.Code, fault.Message);
        await subscriptions.ShowAllAsync(listener.ConnectionId, SubscriptionState.Failing, fault, lost);
        await listeners.ReleaseAsync(listener, Pause(listener.Failures), failed: true, lost);
    }

    private async Task EndAsync(Listener listener)
    {
        using var limit = new CancellationTokenSource(CloseLimit);
        await ingest.CloseAsync(new() { Run = listener.Identity(), Outcome = Outcome.Cancelled }, cancellationToken: limit.Token);
        if (!await listeners.RemoveAsync(listener, limit.Token))
            await listeners.RenewAsync(listener, limit.Token);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Listening for {Connection} failed in an unforeseen way; it is tried again")]
        public static partial void Failed(ILogger logger, string connection, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Listening for {Connection} fails and is tried again ({Code}): {Reason}")]
        public static partial void Failing(ILogger logger, string connection, string code, string reason);

        [LoggerMessage(3, LogLevel.Warning, "What became of listening for {Connection} could not be written; it goes on when its lease has run out: {Reason}")]
        public static partial void NotWritten(ILogger logger, string connection, string reason);
    }
}
