using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Runner.Runs;

/// <summary>
/// The end of every attempt: Ingest decides on the run and its row gets a copy, or the run waits for its next attempt. Repeated until that
/// has happened or the lease is lost.
/// </summary>
internal sealed partial class RunClosing(RunStore store, RunQueue queue, IngestClient ingest, IOptions<RunnerSettings> settings, ILogger<RunClosing> logger)
{
    /// <summary>A sweep of a large stream takes minutes. An Ingest that is gone is noticed much sooner, by the pings on its connection.</summary>
    public static readonly TimeSpan SweepLimit = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    /// <summary>Never fails. When it gives up, the sweep finds the run once its lease has run out.</summary>
    /// <param name="motion">Hears why the decision is not to be had yet.</param>
    public async Task CloseAsync(Run run, Outcome outcome, RunFault? fault, FinishedSync? sync, LoadTotals? totals, CancellationToken lost, RunMotion? motion = null)
    {
        var request = new CloseRequest
        {
            Run = run.Identity(),
            Outcome = outcome,
            Result = sync?.End.Result ?? "",
            NotifyChanges = sync?.NotifyChanges ?? false,
            StartedAt = run.StartedAt?.ToString("O", CultureInfo.InvariantCulture) ?? "",
        };
        if (sync is not null)
            request.CompleteStreams.Add(sync.End.CompleteStreams);
        if (sync?.MaxDeleteFraction is { } fraction)
            request.MaxDeleteFraction = fraction;
        if (fault is not null)
            request.Error = new() { Code = fault.Code, Message = fault.Message, Remedy = fault.Remedy ?? "", Detail = fault.Detail ?? "" };

        FaultPoints.Pass("run-closing");
        for (var failures = 0; !lost.IsCancellationRequested; failures++)
        {
            try
            {
                var standing = await ingest.CloseAsync(request, deadline: DateTime.UtcNow + SweepLimit, cancellationToken: lost);
                FaultPoints.Pass("run-decided");
                await store.FinishAsync(run.Id, run.Fence!.Value, standing, totals, lost);
                return;
            }
            catch (RpcException e) when (ProblemException.FromRpc(e)?.Problem.Code == "stale_fence")
            {
                Log.StaleFence(logger, run.Id);
                return;
            }
            catch (Exception e) when (e is RpcException or NpgsqlException or OperationCanceledException)
            {
                motion?.ClosingFailed(e);
                await PauseAsync(run, failures, e, lost);
            }
        }
    }

    /// <summary>Leaves the run to its next attempt. Never fails. When it gives up, the sweep finds the run once its lease has run out.</summary>
    /// <param name="handedOn">The next attempt has the number of this one.</param>
    /// <param name="totals">Null: what the row says.</param>
    public async Task TryAgainAsync(Run run, RunFault fault, bool handedOn, LoadTotals? totals, CancellationToken lost)
    {
        var pause = RunRules.Pause(settings.Value, fault, run.Attempt, Random.Shared.NextDouble());
        FaultPoints.Pass("attempt-failed");
        for (var failures = 0; !lost.IsCancellationRequested; failures++)
        {
            try
            {
                if (!await queue.AwaitNextAttemptAsync(run, fault, handedOn, pause, totals, lost))
                    Log.StaleFence(logger, run.Id);
                else
                    Log.NextAttempt(logger, run.Id, run.Attempt, fault.Code, pause.TotalSeconds);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                await PauseAsync(run, failures, e, lost);
            }
        }
    }

    private async Task PauseAsync(Run run, int failures, Exception e, CancellationToken lost)
    {
        if (failures == 0)
            Log.Waiting(logger, run.Id, e.Message);
        var pause = TimeSpan.FromMilliseconds(Math.Min(200 * Math.Pow(2, failures), LongestPause.TotalMilliseconds));
        await Task.Delay(pause, lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The outcome that a run has got before its Runner could copy it; null when it is undecided.</summary>
    public async Task<RunOutcome?> StandingAsync(Run run, CancellationToken cancel) =>
        (await ingest.GetOutcomeAsync(new() { RunId = run.Id.ToString() }, deadline: DateTime.UtcNow + QuestionLimit, cancellationToken: cancel)).Outcome;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Run {RunId} waits for its decision: {Reason}")]
        public static partial void Waiting(ILogger logger, Guid runId, string reason);

        [LoggerMessage(3, LogLevel.Information, "Attempt {Attempt} of run {RunId} failed ({Code}); the next one begins in {Seconds:0.0} s")]
        public static partial void NextAttempt(ILogger logger, Guid runId, int attempt, string code, double seconds);

        [LoggerMessage(2, LogLevel.Warning, "Run {RunId} is in newer hands; nothing was written")]
        public static partial void StaleFence(ILogger logger, Guid runId);
    }
}
