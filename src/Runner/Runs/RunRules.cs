using Platform.Ingest.V1;

namespace Platform.Runner.Runs;

/// <summary>What follows from how an attempt ended.</summary>
internal static class RunRules
{
    /// <summary>So often is a run handed on for nothing by Runners that are stopped in order; after that it costs an attempt, so that no run goes round for ever.</summary>
    public const int FreeStops = 10;

    public static string State(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => RunState.Succeeded,
        Outcome.Cancelled => RunState.Cancelled,
        _ => RunState.Failed,
    };

    /// <summary>How to close a run that its own Runner brought to an end.</summary>
    /// <param name="fault">Null when the connector had finished: then a cancel came too late.</param>
    public static (Outcome Outcome, RunFault? Fault) Decide(RunFault? fault, bool cancelRequested) =>
        fault is null ? (Outcome.Succeeded, null)
        : cancelRequested ? (Outcome.Cancelled, null)
        : (Outcome.Failed, fault);

    /// <summary>Whether another attempt follows one that failed so.</summary>
    /// <param name="attempt">That failed, from 1.</param>
    /// <param name="stops">How often the run was handed on so far.</param>
    public static bool TriesAgain(RunFault fault, int attempt, int maxAttempts, bool cancelRequested, int stops = 0) =>
        fault.Transient && !cancelRequested && (attempt < maxAttempts || IsHandedOn(fault, maxAttempts, stops));

    /// <summary>
    /// Whether the next attempt has the number of this one: nothing has failed, the Runner was to go. Not for a run that may have one attempt
    /// only: that says never to start its connector twice.
    /// </summary>
    /// <param name="stops">As for <see cref="TriesAgain"/>.</param>
    public static bool IsHandedOn(RunFault fault, int maxAttempts, int stops) => fault.Code == Faults.RunnerStopping.Code && maxAttempts > 1 && stops < FreeStops;

    /// <summary>How long the next attempt waits: not at all where only this Runner goes away, else longer with each one.</summary>
    /// <param name="chance">From 0 to 1: runs that failed together don't come back together.</param>
    public static TimeSpan Pause(RunnerSettings settings, RunFault fault, int attempt, double chance)
    {
        // A run whose Runner died waits for its lease to run out as it is.
        var steps = fault.Code == Faults.RunnerLost.Code ? 0 : attempt - 1;
        var longest = Math.Min(settings.RetryFirstSeconds * Math.Pow(settings.RetryFactor, steps), settings.RetryLongestSeconds);
        return fault.Code == Faults.RunnerStopping.Code ? TimeSpan.Zero : TimeSpan.FromSeconds(longest * (1 + chance) / 2);
    }

    /// <summary>How to close a run that nobody is behind any more and that has no outcome yet.</summary>
    public static (Outcome Outcome, RunFault? Fault) DecideAbandoned(string state, bool cancelRequested) =>
        cancelRequested || state == RunState.Queued ? (Outcome.Cancelled, null) : (Outcome.Failed, Faults.RunnerLost);
}
