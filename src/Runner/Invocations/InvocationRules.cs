using Platform.Runner.Drivers;

namespace Platform.Runner.Invocations;

/// <summary>How an invocation ends.</summary>
/// <param name="Outcome">One of <see cref="InvocationState"/>.</param>
/// <param name="Error">Null when it succeeded.</param>
/// <param name="AsksAgain">As of <see cref="ActionError"/>.</param>
/// <param name="NotBefore">As of <see cref="ActionError"/>.</param>
internal sealed record ActionEnd(string Outcome, ActionResult? Result, InvocationError? Error, bool AsksAgain = false, TimeSpan? NotBefore = null)
{
    public static ActionEnd Of(string outcome, InvocationError error) => new(outcome, null, error);
}

/// <summary>What follows from how an attempt went.</summary>
internal static class InvocationRules
{
    // So ends a connector in the midst of its work: what it had done by then, nobody knows.
    private static readonly string[] Deaths = ["connector_exited", "connector_out_of_memory", "broker_lost", "connector_lost", "answer_lost"];
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(500);
    // Who is asked to come back later than that is told so instead.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public static readonly InvocationError LostError = new("runner_lost",
        "The runner that carried out the action is gone, or was for too long. Whether the action had an effect is not known.", false, [],
        "Look at the source whether it was done before you ask for it again.");

    public static readonly InvocationError NotBegunError = new("runner_lost",
        "The runner that was asked for the action is gone. It had not begun with it, nothing was done.", true, [], "Ask for the action again.");

    public static readonly InvocationError BusyError = new("action_busy",
        "Other actions, or a run, of the connection were under way for too long. Nothing was done.", true, [], "Ask for the action again once they have ended.");

    /// <summary>Its record could not be reached, or has ended by itself.</summary>
    public static readonly InvocationError NotTakenError = new("database_unavailable",
        "The action's record could not be reached before it had begun. Nothing was done.", true, [], "Ask for the action again once the system is healthy.");

    private static readonly InvocationError StoppingError = new("runner_stopping",
        "The runner was stopped before it had begun with the action. Nothing was done.", true, [], "Ask for the action again.");

    private static readonly InvocationError StoppedError = new("runner_stopping",
        "The runner was stopped before the action had ended. Whether it had an effect is not known.", false, [],
        "Look at the source whether it was done before you ask for it again.");

    private static readonly InvocationError InternalError = new("internal_error",
        "The runner failed in a way it doesn't know.", false, [], "Look for the invocation's id in the runner's log.");

    public static InvocationError CancelledError(bool asked) => new("cancelled",
        asked ? "The action was cancelled. What it had done by then is not known." : "The action was cancelled before it began. Nothing was done.", false, []);

    public static ActionEnd Cancelled(bool asked) => ActionEnd.Of(InvocationState.Cancelled, CancelledError(asked));

    /// <summary>The Runner is stopped, and its patience is over.</summary>
    public static ActionEnd Stopped(bool asked) =>
        asked ? ActionEnd.Of(InvocationState.Lost, StoppedError) : ActionEnd.Of(InvocationState.Transient, StoppingError);

    public static ActionEnd TimedOut(TimeSpan limit) => ActionEnd.Of(InvocationState.TimedOut, new("action_timeout",
        $"The action did not end within {limit.TotalSeconds:0.#} s. Whether it had an effect is not known.", false, [],
        "Look at the source whether it was done; ask with a larger timeout_seconds."));

    public static ActionEnd Unforeseen(bool asked) => ActionEnd.Of(asked ? InvocationState.Lost : InvocationState.Failed, InternalError);

    /// <param name="asked">The connector had been started, so that it may have begun.</param>
    public static ActionEnd Of(RunFault fault, bool asked)
    {
        var lost = asked && Deaths.Contains(fault.Code);
        var transient = !lost && fault.Transient;
        var message = lost ? $"{fault.Message} Whether the action had an effect is not known." : fault.Message;
        return ActionEnd.Of(
            lost ? InvocationState.Lost : transient ? InvocationState.Transient : InvocationState.Failed,
            new(fault.Code, message, transient, [], fault.Remedy, fault.Detail));
    }

    /// <summary>What the connector itself says.</summary>
    public static ActionEnd Of(ActionError error) => ActionEnd.Of(
        error.Violations.Count > 0 ? InvocationState.Rejected : error.Retryable ? InvocationState.Transient : InvocationState.Failed,
        new(error.Code, error.Message, error.Retryable, error.Violations, Detail: error.Detail)) with { AsksAgain = error.AsksAgain, NotBefore = error.NotBefore };

    /// <summary>How long to wait before the next attempt; null: there is none.</summary>
    /// <param name="attempt">That ended so, from 1.</param>
    /// <param name="idempotent">The action is: done twice it is as if done once.</param>
    public static TimeSpan? Pause(ActionEnd end, int attempt, bool idempotent)
    {
        if (end.Outcome != InvocationState.Transient || !(idempotent || end.AsksAgain) || end.NotBefore > LongestWait)
            return null;
        var pause = FirstBackoff * Math.Pow(2, attempt - 1) * (0.75 + (Random.Shared.NextDouble() / 2));
        return end.NotBefore > pause ? end.NotBefore : pause;
    }
}
