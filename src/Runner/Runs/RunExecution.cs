using System.Diagnostics;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Ingest.V1;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Logs;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Runs;

/// <summary>One attempt of a run, from its lease to its copied outcome. It ends in a decision at Ingest, or in the wait for the next attempt.</summary>
internal sealed partial class RunExecution(
    RunStore store, RunChanges changes, RunClosing closing, EventPublisher events, RegistryClient registry, IngestClient ingest,
    BundleCache bundles, ConnectorDrivers drivers, LogWriter logs, IOptions<ConnectorSettings> settings, IOptions<RunnerSettings> runner, ILogger<RunExecution> logger)
{
    private const int MostAttempts = 10;
    private const int MaxMessageCharacters = 4096;
    private const int MaxResultCharacters = 64 * 1024;
    private static readonly TimeSpan PrepareDeadline = TimeSpan.FromSeconds(30);
    // The run's end waits for its log no longer.
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(5);

    /// <summary>Never fails. A lost lease ends it without a write.</summary>
    public async Task ExecuteAsync(Run run, CancellationToken stopping)
    {
        using var activity = run.Continue($"run {run.Connector}");
        var log = await logs.OpenAsync(run.Id, goesOn: run.Attempt > 1 || run.Stops > 0, CancellationToken.None);
        log.Note(LogLevel.Information, $"Attempt {run.Attempt} begins on {Environment.MachineName}.");
        await using var lease = new RunLease(run, store, changes, events, log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost, lease.CancelRequested);
        var (sync, fault, maxAttempts) = await SyncAsync(lease, log, stop.Token, stopping);
        log.NoteEnd(run.Attempt, fault);
        await log.CloseAsync(LogLimit);
        if (lease.Lost.IsCancellationRequested)
        {
            Log.LeaseLost(logger, run.Id);
            return;
        }

        lease.Stage = RunStage.Closing;
        if (fault is not null)
            activity?.SetStatus(ActivityStatusCode.Error, fault.Code);
        var cancelled = lease.CancelRequested.IsCancellationRequested;
        if (fault is not null && RunRules.TriesAgain(fault, run.Attempt, maxAttempts, cancelled, run.Stops))
        {
            await closing.TryAgainAsync(run, fault, RunRules.IsHandedOn(fault, maxAttempts, run.Stops), lease.Totals, lease.Lost);
            return;
        }

        var (outcome, reason) = RunRules.Decide(fault, cancelled);
        await closing.CloseAsync(run, outcome, reason, sync, lease.Totals, lease.Lost, lease.Motion);
    }

    private async Task<(FinishedSync? Sync, RunFault? Fault, int MaxAttempts)> SyncAsync(
        RunLease lease, SubjectLog log, CancellationToken stop, CancellationToken stopping)
    {
        var maxAttempts = lease.Run.MaxAttempts ?? runner.Value.MaxAttempts;
        OptionMask? mask = null;
        ConnectorOutput? output = null;
        PageLoad? pages = null;
        SyncWatch? watch = null;
        try
        {
            var run = lease.Run;
            var specification = await PrepareAsync(run, stop);
            var start = specification.Start;
            maxAttempts = specification.Policy is { HasMaxAttempts: true } policy ? Math.Clamp(policy.MaxAttempts, 1, MostAttempts) : runner.Value.MaxAttempts;
            await store.DescribeAsync(run.Id, lease.Fence, specification.Version, start.Digest, start.Protocol, null, stop, maxAttempts);
            var options = Encoding.UTF8.GetString(specification.Options.Span);
            var said = ConnectorSpecification.FromJson(specification.Specification.Span);
            mask = OptionMask.Of(said, options);
            if (said is not null)
                options = Checked(said, options);
            var driver = drivers.For(start.Protocol);
            var launchLimits = LaunchLimits.Of(settings.Value, start.Limits);
            var limits = SyncLimits.Of(settings.Value, specification.Policy);
            using var bundle = await bundles.GetAsync(start.Digest, stop);
            output = new ConnectorOutput(logger, run.Id, run.Connector, mask, log);
            var life = lease.Life;
            watch = new SyncWatch(life, limits);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, watch.Exceeded);
            var launch = ConnectorLaunch.Of(run.Connector, start, bundle.Files, launchLimits, output, run.ConnectionId.ToString());
            var work = new SyncWork(launch, options, OpenAsync, OnStarted, limits.Total)
            {
                FullListing = specification.FullListing,
                FromStart = run.FromStart,
                Streams = specification.Streams,
                Cursors = specification.Cursors,
                OnProgress = OnProgress,
            };
            var answer = await driver.SyncAsync(work, end.Token);
            return (FinishedSync.Of(answer with { Result = Bounded(mask.Apply(answer.Result), MaxResultCharacters) }, specification), null, maxAttempts);

            async Task<PageLoad> OpenAsync(bool startsOver)
            {
                var open = new Open { Run = run.Identity(), StartOver = startsOver || run.FromStart, NotifyChanges = specification.ChangedEvents };
                return lease.Pages = pages = await PageLoad.OpenAsync(ingest, open, lease.Lost, life);
            }

            void OnProgress(string message, double? fraction)
            {
                life.Hear();
                lease.Motion.Say(mask.Apply(message), fraction);
            }

            void OnStarted(string applies)
            {
                life.Start();
                FaultPoints.Pass("connector-started");
                lease.Stage = RunStage.Syncing;
                log.Note(LogLevel.Information, $"The connector, version {specification.Version}, has started; its isolation is {applies}.");
                _ = DescribeIsolationAsync(lease, applies);
            }
        }
        catch (Exception e)
        {
            var fault = FaultOf(e, watch?.Fault is { } limit ? limit.Fault with { Detail = output?.LastWords } : null, lease.Run.Id, stop, stopping);
            fault = mask is null ? fault : mask.Apply(fault);
            return (null, fault with { Message = Bounded(fault.Message, MaxMessageCharacters) }, maxAttempts);
        }
        finally
        {
            pages?.Dispose();
            if (watch is not null)
                await watch.DisposeAsync();
        }
    }

    /// <param name="exceeded">The limit that ended the sync, if one did.</param>
    private RunFault FaultOf(Exception e, RunFault? exceeded, Guid run, CancellationToken stop, CancellationToken stopping)
    {
        if (exceeded is not null && !stop.IsCancellationRequested)
            return exceeded;
        if (e is RunFaultException fault)
            return fault.Fault;
        if (stop.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            return stopping.IsCancellationRequested ? Faults.RunnerStopping : Faults.Cancelled;
        if (e is Npgsql.NpgsqlException)
            return Faults.DatabaseUnavailable(e.Message).Fault;
        Log.Failed(logger, run, e);
        return Faults.Internal;
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
            throw ProblemException.FromRpc(e)?.Problem is { } problem ? Faults.PreparationFailed(problem) : Faults.RegistryUnavailable(e.Status.Detail);
        }
    }

    // Before its connector is started: what its version takes may have changed since the options were given.
    private static string Checked(ConnectorSpecification said, string options)
    {
        var (json, errors) = ParameterRules.Apply(said.Parameters, options);
        return errors.Count == 0 ? json : throw Faults.InvalidOptions(errors);
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
