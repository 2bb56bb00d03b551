using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner;

/// <summary>Every problem that this service itself answers.</summary>
internal static class Errors
{
    public static ProblemException UnknownRun(string id) => new(new(
        "unknown_run", 404, "There is no such run", $"No run has the id {Shorten(id)}.", "GET /v1/runs lists the runs."));

    public static ProblemException ConnectionRequired() => new(new(
        "invalid_run", 422, "The run can't be started as asked", "The connection is missing.", "Name the connection to sync.",
        [new("connection", "required", "The name of a connection is needed.")]));

    public static ProblemException InvalidLimits(IReadOnlyList<FieldError> errors) => new(new(
        "invalid_run_limits", 422, "The limits can't be set as asked", $"{errors.Count} of the limits are not valid.", "Correct them all; nothing was changed.", errors));

    public static ProblemException RunFinished(Run run) => new(new(
        "run_finished", 409, "The run has ended already", $"The run {run.State} at {run.FinishedAt:u}.", "Nothing to cancel."));

    public static ProblemException RunNotFinished(Run run) => new(new(
        "run_not_finished", 409, "The run has not ended yet", $"The run is {run.State}.", "Wait for its end: GET /v1/runs/{id}/progress tells it."));

    public static ProblemException UnknownState(string state) => new(new(
        "bad_state", 400, "There is no such state of a run", $"state is {Shorten(state)}.", $"Use one of {string.Join(", ", RunState.All)}."));

    public static ProblemException BadCursor() => new(new(
        "bad_cursor", 400, "The cursor is not valid", "The cursor is not one of this list.", "Take it from the field next of the page before."));

    /// <summary>What hinders the platform, and not the connector, passes.</summary>
    public static ProblemException NotDescribed(RunFault fault) => new(new(
        fault.Code, fault.Code is "installer_unavailable" or "disk_full" or "runner_stopping" ? 503 : 409, "The connector can't be started",
        fault.Detail is null ? fault.Message : $"{fault.Message}\nIts last words:\n{fault.Detail}", fault.Remedy));

    public static ProblemException TooManyDigests(int count, int limit) => new(new(
        "too_many_digests", 422, "Too many digests at once", $"{count} digests were asked for.", $"Ask for at most {limit} at a time.",
        [new("digests", "too_many", $"At most {limit}.")]));

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
