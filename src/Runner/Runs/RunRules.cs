using Platform.Ingest.V1;

namespace Platform.Runner.Runs;

/// <summary>What follows from how an attempt ended.</summary>
internal static class RunRules
{
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

    /// <summary>How to close a run that nobody is behind any more and that has no outcome yet.</summary>
    public static (Outcome Outcome, RunFault? Fault) DecideAbandoned(string state, bool cancelRequested) =>
        cancelRequested || state == RunState.Queued ? (Outcome.Cancelled, null) : (Outcome.Failed, Faults.RunnerLost);
}
