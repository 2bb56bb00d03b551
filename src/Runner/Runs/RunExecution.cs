using System.Diagnostics;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Ingest.V1;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Runs;

/// <summary>One attempt of a run, from its lease to its copied outcome. However it goes, it ends in a decision at Ingest.</summary>
internal sealed partial class RunExecution(
    RunStore store, RunChanges changes, RunClosing closing, EventPublisher events, RegistryClient registry, IngestClient ingest,
    BundleCache bundles, ConnectorDrivers drivers, IOptions<ConnectorSettings> settings, ILogger<RunExecution> logger)
{
    private const int MaxMessageCharacters = 4096;
    private const int MaxResultCharacters = 64 * 1024;
    private static readonly TimeSpan PrepareDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Never fails. A lost lease ends it without a write.</summary>
    public async Task ExecuteAsync(Run run, CancellationToken stopping)
    {
        using var activity = run.Continue($"run {run.Connector}");
        await using var lease = new RunLease(run, store, changes, events);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost, lease.CancelRequested);
        var (sync, fault) = await SyncAsync(lease, stop.Token, stopping);
        if (lease.Lost.IsCancellationRequested)
        {
            Log.LeaseLost(logger, run.Id);
            return;
        }

        lease.Stage = RunStage.Closing;
        if (fault is not null)
            activity?.SetStatus(ActivityStatusCode.Error, fault.Code);
        var (outcome, reason) = RunRules.Decide(fault, lease.CancelRequested.IsCancellationRequested);
        await closing.CloseAsync(run, outcome, reason, sync, lease.Totals, lease.Lost);
    }

    private async Task<(FinishedSync? Sync, RunFault? Fault)> SyncAsync(RunLease lease, CancellationToken stop, CancellationToken stopping)
    {
        OptionMask? mask = null;
        PageLoad? pages = null;
        try
        {
            var run = lease.Run;
            var specification = await PrepareAsync(run, stop);
            var start = specification.Start;
            await store.DescribeAsync(run.Id, lease.Fence, specification.Version, start.Digest, start.Protocol, null, stop);
            var options = Encoding.UTF8.GetString(specification.Options.Span);
            mask = new OptionMask(options);
            var driver = drivers.For(start.Protocol);
            var limits = LaunchLimits.Of(settings.Value, start.Limits);
            using var bundle = await bundles.GetAsync(start.Digest, stop);
            var output = new ConnectorOutput(logger, run.Id, run.Connector, mask);
            var launch = ConnectorLaunch.Of(run.Connector, start, bundle.Files, limits, output);
            var work = new SyncWork(launch, options, OpenAsync, OnStarted, TimeSpan.FromSeconds(settings.Value.SyncTimeoutSeconds)) { FullListing = specification.FullListing };
            var end = await driver.SyncAsync(work, stop);
            return (FinishedSync.Of(end with { Result = Bounded(mask.Apply(end.Result), MaxResultCharacters) }, specification), null);

            async Task<PageLoad> OpenAsync(bool startsOver)
            {
                var open = new Open { Run = run.Identity(), StartOver = startsOver, NotifyChanges = specification.ChangedEvents };
                return lease.Pages = pages = await PageLoad.OpenAsync(ingest, open, lease.Lost);
            }

            void OnStarted(string applies)
            {
                lease.Stage = RunStage.Syncing;
                _ = DescribeIsolationAsync(lease, applies);
            }
        }
        catch (RunFaultException e)
        {
            var fault = mask is null ? e.Fault : mask.Apply(e.Fault);
            return (null, fault with { Message = Bounded(fault.Message, MaxMessageCharacters) });
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return (null, stopping.IsCancellationRequested ? Faults.RunnerStopping : Faults.Cancelled);
        }
        catch (Exception e)
        {
            Log.Failed(logger, lease.Run.Id, e);
            return (null, Faults.Internal);
        }
        finally
        {
            pages?.Dispose();
        }
    }

    private async Task<RunSpecification> PrepareAsync(Run run, CancellationToken stop)
    {
        try
        {
            return await registry.PrepareRunAsync(
                new() { ConnectionId = run.ConnectionId.ToString(), RunId = run.Id.ToString() }, deadline: DateTime.UtcNow + PrepareDeadline, cancellationToken: stop);
        }
        catch (RpcException e) when (!stop.IsCancellationRequested)
        {
            throw ProblemException.FromRpc(e)?.Problem is { } problem
                ? Faults.PreparationFailed(problem.Code, problem.Detail, problem.Remedy)
                : Faults.PreparationFailed("registry_unavailable", $"The connection could not be read: {e.Status.Detail}", "Start the run again once the system is healthy.");
        }
    }

    private static string Bounded(string text, int limit) => text.Length <= limit ? text : text[..limit] + "…";

    private async Task DescribeIsolationAsync(RunLease lease, string isolation)
    {
        try
        {
            await store.DescribeAsync(lease.Run.Id, lease.Fence, null, null, null, isolation, CancellationToken.None);
        }
        catch (Npgsql.NpgsqlException e)
        {
            Log.NotDescribed(logger, lease.Run.Id, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Run {RunId} failed in an unforeseen way")]
        public static partial void Failed(ILogger logger, Guid runId, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "The lease of run {RunId} is lost; its connector was ended, whoever holds the lease goes on")]
        public static partial void LeaseLost(ILogger logger, Guid runId);

        [LoggerMessage(3, LogLevel.Warning, "The isolation of run {RunId} could not be recorded")]
        public static partial void NotDescribed(ILogger logger, Guid runId, Exception exception);
    }
}
