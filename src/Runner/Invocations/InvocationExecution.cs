using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Logs;
using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Runner.Invocations;

/// <summary>One invocation from its record to its end: its turn, its attempts, and what became of it.</summary>
internal sealed partial class InvocationExecution(
    InvocationTurns turns, RunChanges changes, BundleCache bundles, ConnectorDrivers drivers, LogWriter logs, IOptions<ConnectorSettings> connectors,
    IOptions<InvocationSettings> options, ILogger<InvocationExecution> logger)
{
    private const int MaxWords = 4096;
    private static readonly TimeSpan TurnPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);
    // Its end waits for its log no longer.
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim places = new(options.Value.Concurrent);

    /// <summary>A place for one that has to wait for no other, if there is one now; whoever gets it has it carried out, or gives it back.</summary>
    public bool TryTakePlace() => places.Wait(TimeSpan.Zero);

    public void GiveBackPlace() => places.Release();

    /// <summary>Never fails. A lost lease ends it without a write.</summary>
    /// <param name="stopping">The Runner's patience is over.</param>
    /// <returns>The record as it ended; null: not by this holder.</returns>
    public async Task<Invocation?> ExecuteAsync(InvocationWork work, CancellationToken stopping)
    {
        using var activity = work.Invocation.Continue($"action {work.Action.Name}");
        await using var lease = new InvocationLease(work.Invocation.Id, turns, changes);
        var log = await logs.OpenAsync(work.Invocation.Id, goesOn: false, stopping);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost, lease.CancelRequested);
        var end = work.HasPlace ? null : await TakeTurnAsync(work.Invocation, lease, stop.Token, stopping);
        if (end is null)
        {
            try
            {
                end = await TryAsync(work, lease, log, stop.Token, stopping);
            }
            finally
            {
                places.Release();
            }
        }

        log.Note(end.Error is null ? LogLevel.Information : LogLevel.Error, end.Error is null ? "The action has succeeded." : $"{end.Outcome}: {end.Error.Message} ({end.Error.Code})");
        await log.CloseAsync(LogLimit);
        if (end.Error is not null)
            activity?.SetStatus(ActivityStatusCode.Error, end.Error.Code);
        return await EndAsync(work.Invocation.Id, lease, end);
    }

    // Null once it is its turn and it has a place; a place is not held while it waits for its turn.
    private async Task<ActionEnd?> TakeTurnAsync(Invocation invocation, InvocationLease lease, CancellationToken stop, CancellationToken stopping)
    {
        var begun = Stopwatch.GetTimestamp();
        var limit = TimeSpan.FromSeconds(options.Value.TurnSeconds);
        try
        {
            while (true)
            {
                var left = limit - Stopwatch.GetElapsedTime(begun);
                if (!await places.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, stop))
                    return ActionEnd.Of(InvocationState.Transient, InvocationRules.BusyError);
                var taken = false;
                try
                {
                    taken = await turns.TakeAsync(invocation.Id, invocation.Exclusive, stop);
                }
                finally
                {
                    if (!taken)
                        places.Release();
                }

                if (taken)
                    return null;
                if (left <= TimeSpan.Zero)
                    return ActionEnd.Of(InvocationState.Transient, InvocationRules.BusyError);
                await changes.WaitForAnyAsync(TurnPause, stop);
            }
        }
        catch (Exception e) when (stop.IsCancellationRequested || e is NpgsqlException)
        {
            if (lease.CancelRequested.IsCancellationRequested)
                return InvocationRules.Cancelled(asked: false);
            return stopping.IsCancellationRequested ? InvocationRules.Stopped(asked: false) : ActionEnd.Of(InvocationState.Transient, InvocationRules.NotTakenError);
        }
    }

    private async Task<ActionEnd> TryAsync(InvocationWork work, InvocationLease lease, SubjectLog log, CancellationToken stop, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(work.Timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        for (var attempt = 1; ; attempt++)
        {
            lease.Progress = new(InvocationStage.Starting, attempt);
            var asked = false;
            ActionEnd end;
            try
            {
                end = await AttemptAsync(work, lease, log, () => asked = true, either.Token);
            }
            catch (RunFaultException e)
            {
                end = InvocationRules.Of(work.Mask.Apply(e.Fault), asked);
            }
            catch (Exception) when (either.IsCancellationRequested)
            {
                return lease.CancelRequested.IsCancellationRequested ? InvocationRules.Cancelled(asked)
                    : timeout.IsCancellationRequested ? InvocationRules.TimedOut(work.Timeout)
                    : InvocationRules.Stopped(asked);
            }
            catch (Exception e)
            {
                Log.Failed(logger, work.Invocation.Id, e);
                end = InvocationRules.Unforeseen(asked);
            }

            if (attempt >= options.Value.MaxAttempts || either.IsCancellationRequested || InvocationRules.Pause(end, attempt, work.Action.Idempotent) is not { } pause)
                return end;
            log.Note(LogLevel.Warning, $"Attempt {attempt} has failed: {end.Error?.Message} ({end.Error?.Code}) Another one follows.");
            lease.Progress = lease.Progress with { Stage = InvocationStage.Retrying };
            await Task.Delay(pause, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (either.IsCancellationRequested)
                return lease.CancelRequested.IsCancellationRequested ? InvocationRules.Cancelled(asked) : end;
        }
    }

    private async Task<ActionEnd> AttemptAsync(InvocationWork work, InvocationLease lease, SubjectLog log, Action onAsked, CancellationToken cancel)
    {
        var (invocation, start) = (work.Invocation, work.Start);
        var driver = drivers.For(start.Protocol);
        var limits = LaunchLimits.Of(connectors.Value, start.Limits);
        using var bundle = await bundles.GetAsync(start.Digest, cancel);
        var output = new ConnectorOutput(logger, invocation.Id, invocation.Connector, work.Mask, log);
        var launch = ConnectorLaunch.Of(invocation.Connector, start, bundle.Files, limits, output, invocation.ConnectionId.ToString());
        var answer = await driver.InvokeAsync(
            new(launch, work.Options, work.Action.Name, work.Arguments, invocation.Id, OnStarted, OnProgress, options.Value.MaxResultBytes), cancel);
        if (answer.Error is { } error)
            return InvocationRules.Of(Masked(error, work.Mask));
        try
        {
            return new(InvocationState.Succeeded, ActionResult.Of(answer.Result ?? [], work.Mask.Apply), null);
        }
        catch (JsonException e)
        {
            throw Faults.ProtocolViolation($"the action's result is no JSON: {e.Message}");
        }

        void OnStarted(string isolation)
        {
            onAsked();
            log.Note(LogLevel.Information, $"The connector, version {invocation.Version}, has started; its isolation is {isolation}.");
            lease.Progress = lease.Progress with { Stage = InvocationStage.Acting, Isolation = isolation };
        }

        void OnProgress(string message, double? fraction) => lease.Progress = lease.Progress with
        {
            Message = Bounded(work.Mask.Apply(message)),
            Fraction = fraction is { } given && double.IsFinite(given) ? Math.Clamp(given, 0, 1) : null,
        };
    }

    // Repeated until it is written or the lease is lost; then the sweep ends it.
    private async Task<Invocation?> EndAsync(Guid id, InvocationLease lease, ActionEnd end)
    {
        for (var failures = 0; !lease.Lost.IsCancellationRequested; failures++)
        {
            try
            {
                if (await turns.EndAsync(id, lease.Progress, end, lease.Lost) is { } ended)
                    return ended;
                break;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or OperationCanceledException)
            {
                if (failures == 0)
                    Log.Waiting(logger, id, e.Message);
                var pause = TimeSpan.FromMilliseconds(Math.Min(200 * Math.Pow(2, failures), LongestPause.TotalMilliseconds));
                await Task.Delay(pause, lease.Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        Log.Lost(logger, id);
        return null;
    }

    private static ActionError Masked(ActionError error, OptionMask mask) => error with
    {
        Code = Bounded(mask.Apply(error.Code)),
        Message = Bounded(mask.Apply(error.Message)),
        Detail = error.Detail is null ? null : LastOf(mask.Apply(error.Detail).Replace("\0", "", StringComparison.Ordinal)),
        Violations = [.. error.Violations.Take(100).Select(v => new FieldViolation($"arguments.{Bounded(mask.Apply(v.Field))}", Bounded(mask.Apply(v.Message))))],
    };

    // The text columns have no U+0000.
    private static string Bounded(string text)
    {
        text = text.Replace("\0", "", StringComparison.Ordinal);
        return text.Length <= MaxWords ? text : text[..MaxWords] + "…";
    }

    private static string LastOf(string text) => text.Length <= MaxWords ? text : "…" + text[^MaxWords..];

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Invocation {InvocationId} failed in an unforeseen way")]
        public static partial void Failed(ILogger logger, Guid invocationId, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "The end of invocation {InvocationId} can't be recorded yet: {Reason}")]
        public static partial void Waiting(ILogger logger, Guid invocationId, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Invocation {InvocationId} was not held any more when it ended; nothing was written")]
        public static partial void Lost(ILogger logger, Guid invocationId);
    }
}
