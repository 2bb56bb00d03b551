using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Ndc;
using Platform.Runner.Invocations;
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

    public static ProblemException UnknownLevel(string level) => new(new(
        "bad_level", 400, "There is no such level", $"level is {Shorten(level)}.", $"Use one of {string.Join(", ", Logs.LogLevels.All)}; those above it are shown too."));

    public static ProblemException BadCursor() => new(new(
        "bad_cursor", 400, "The cursor is not valid", "The cursor is not one of this list.", "Take it from the field next of the page before."));

    /// <summary>What hinders the platform, and not the connector, passes.</summary>
    public static ProblemException NotDescribed(RunFault fault) => new(new(
        fault.Code, fault.Code is "installer_unavailable" or "disk_full" or "runner_stopping" ? 503 : 409, "The connector can't be started",
        fault.Detail is null ? fault.Message : $"{fault.Message}\nIts last words:\n{fault.Detail}", fault.Remedy));

    public static ProblemException TooManyDigests(int count, int limit) => new(new(
        "too_many_digests", 422, "Too many digests at once", $"{count} digests were asked for.", $"Ask for at most {limit} at a time.",
        [new("digests", "too_many", $"At most {limit}.")]));

    public static ProblemException SyncNotSupported(string connection) => new(new(
        "sync_not_supported", 422, "The connector has no sync", $"The connector of {connection} has actions, and brings no objects by runs.",
        "Invoke its actions: GET /v1/connections/{name}/actions lists them."));

    public static ProblemException UnknownAction(string action, IReadOnlyList<ActionSpecification> known) => new(new(
        "unknown_action", 404, "The connector has no such action", $"The connector has no action {Shorten(action)}.",
        known.Count == 0 ? "It has none; another version of the connector may." : "GET /v1/connections/{name}/actions lists those it has."));

    public static ProblemException UnknownInvocation(string id) => new(new(
        "unknown_invocation", 404, "There is no such invocation", $"No invocation has the id {Shorten(id)}.", "GET /v1/invocations lists those of the last weeks."));

    public static ProblemException UnknownInvocationState(string state) => new(new(
        "bad_state", 400, "There is no such state of an invocation", $"state is {Shorten(state)}.", $"Use one of {string.Join(", ", InvocationState.All)}."));

    public static ProblemException InvalidInvocation(IReadOnlyList<FieldError> errors) => new(new(
        "invalid_invocation", 422, "The action can't be invoked as asked", $"{errors.Count} of the fields are not valid.", "Correct them all; nothing was done.", errors));

    public static ProblemException InvalidArguments(Guid invocation, string action, IReadOnlyList<FieldError> errors) => new(new(
        "invalid_arguments", 422, "The arguments are not those of the action", $"{errors.Count} of the arguments of {Shorten(action)} are not valid. Nothing was done.",
        "Correct them all; GET /v1/connections/{name}/actions/{action} has their schema.", errors, Of(invocation)));

    public static ProblemException InvalidOptions(Guid invocation, string connection, IReadOnlyList<FieldError> errors) => new(new(
        "invalid_options", 422, "The connection's options are not those of its connector",
        $"{errors.Count} of the options of {connection} are not what the connector's current version takes. Nothing was done.",
        "Change the options of the connection, or go back to a version that takes them.", errors, Of(invocation)));

    public static ProblemException RunActive(string connection, string action) => new(new(
        "run_active", 409, "A run of the connection is active", $"The action {Shorten(action)} is exclusive, and a run of {connection} is active. Nothing was done.",
        "Wait for the run's end, or cancel it."));

    public static ProblemException ActionBusy(string connection, int waiting, int seconds) => new(new(
        "action_busy", 429, "Too many actions of the connection wait", $"{waiting} mutating actions of {connection} wait for their turn already. Nothing was done.",
        "Try again later, or raise Invocations:MaxWaitingToMutate.", Extensions: RetryAfter(seconds)));

    public static ProblemException TooManyInvocations(int seconds) => new(new(
        "too_many_invocations", 503, "Too many actions wait", "This Runner carries out as many actions as it may, and as many wait. Nothing was done.",
        "Try again later, or raise Invocations:Concurrent or Invocations:MaxWaiting.", Extensions: RetryAfter(seconds)));

    public static ProblemException InvocationFinished(Invocation invocation) => new(new(
        "invocation_finished", 409, "The invocation has ended already", $"The invocation ended as {invocation.State} at {invocation.FinishedAt:u}.", "Nothing to cancel."));

    public static ProblemException InvocationNotFinished(Invocation invocation) => new(new(
        "invocation_not_finished", 409, "The invocation has not ended yet", $"The invocation is {invocation.State}.",
        "Wait for its end: GET /v1/invocations/{id}/progress tells it."));

    public static ProblemException NoResult(Invocation invocation) => new(new(
        "no_result", 404, "The invocation has no result", $"The invocation ended as {invocation.State}.", "GET /v1/invocations/{id} has its error."));

    public static ProblemException TooManyChecks(int seconds) => new(new(
        "too_many_checks", 503, "Too many checks wait", "Other connections are being checked, and it took too long until it was this one's turn.",
        "Try again later.", Extensions: RetryAfter(seconds)));

    private static Dictionary<string, object?> RetryAfter(int seconds) => new() { ["retry_after"] = seconds };

    private static Dictionary<string, object?> Of(Guid invocation) => new() { ["invocation_id"] = invocation, ["location"] = $"/v1/invocations/{invocation}" };

    public static ProblemException UnknownEvent(string name, IReadOnlyList<string> known) => new(new(
        "unknown_event", 404, "The connector publishes no such event", $"The connector publishes nothing called {Shorten(name)} that can be subscribed to.",
        known.Count == 0 ? "It publishes nothing; start runs, or give the connection a schedule." : $"It publishes {Shorten(string.Join(", ", known))}."));

    public static ProblemException InvalidSubscription(string name, IReadOnlyList<FieldError> errors) => new(new(
        "invalid_subscription", 422, "The event can't be subscribed to as asked", $"{errors.Count} of the arguments of {Shorten(name)} are not valid.",
        "Correct them all; nothing was subscribed to.", errors));

    public static ProblemException TooManySubscriptions(string connection, int most) => new(new(
        "too_many_subscriptions", 409, "The connection has too many subscriptions", $"{connection} has {most} subscriptions, the most that one may have.",
        "Delete one of them, or make another connection."));

    public static ProblemException UnknownSubscription(string connection, string id) => new(new(
        "unknown_subscription", 404, "There is no such subscription", $"{Shorten(connection)} has no subscription with the id {Shorten(id)}.",
        "GET /v1/connections/{name}/subscriptions lists those it has."));

    public static ProblemException InvalidQuery(IReadOnlyList<NdcFinding> findings) => new(new(
        "invalid_query", 422, "The query does not fit the connector's schema", string.Join(" ", findings.Take(3).Select(f => f.Message)) + (findings.Count > 3 ? " And more." : ""),
        "Correct every field named under errors; nothing was asked of the connector.", [.. findings.Select(f => new FieldError(f.Path, f.Code, f.Message))]));

    public static ProblemException ExplainNotSupported() => new(new(
        "explain_not_supported", 501, "The connector can't explain queries", "Its capabilities have no query.explain.", "Ask it the query itself."));

    public static ProblemException OptionsDoNotFit(string connection, IReadOnlyList<FieldError> errors) => new(new(
        "invalid_options", 422, "The connection's options do not fit", $"{errors.Count} of the options of {connection} are not what the connector's current version takes.",
        "Change the options of the connection, or go back to a version that takes them.", errors));

    public static ProblemException TooManyQueries(int seconds) => new(new(
        "too_many_queries", 503, "Too many queries at once", "This Runner passes on as many queries as it may, and they take their time.",
        "Try again later, or raise Queries:Concurrent.", Extensions: RetryAfter(seconds)));

    /// <summary>The connector is not there, or takes no queries.</summary>
    public static ProblemException NotQueried(RunFault fault) => fault.Code == "queries_not_supported"
        ? new(new(fault.Code, 422, "The connector takes no queries", fault.Message, fault.Remedy))
        : new(NotDescribed(fault).Problem with { Status = fault.Transient || fault.Code == Faults.RunnerStopping.Code ? 503 : 409 });

    /// <summary>Refusals keep the connector's status where it is about the request; what it failed in is a bad gateway.</summary>
    /// <param name="mask">Takes secrets out of what the connector said.</param>
    public static ProblemException ConnectorFailed(NdcFault fault, Func<string, string> mask)
    {
        var said = new Dictionary<string, object?> { ["status"] = fault.Status, ["message"] = fault.ConnectorMessage is { } message ? mask(message) : null };
        said["details"] = fault.Details is { } details ? Masked(details, mask) : fault.Excerpt is { } excerpt ? mask(excerpt) : null;
        var (code, status, title) = fault switch
        {
            { Code: NdcFaults.Refused, Status: >= 400 and < 500 and not (401 or 407 or 408 or 429) } => ("connector_refused", fault.Status.Value, "The connector refused the query"),
            { Code: NdcFaults.Refused, Status: 429 } => ("connector_busy", 503, "The connector has too much to do"),
            { Code: NdcFaults.Refused } => ("connector_failed", fault.Status == 501 ? 501 : 502, "The connector failed"),
            { Code: NdcFaults.Silent } => ("connector_silent", 504, "The connector did not answer in time"),
            { Code: NdcFaults.TooLarge } => ("answer_too_large", 502, "The connector's answer is too large"),
            { Code: NdcFaults.Unreachable } => ("connector_unreachable", 502, "The connector can't be reached"),
            { Code: NdcFaults.AnswerCut } => ("answer_cut", 502, "The connector's answer broke off"),
            _ => ("bad_answer", 502, "The connector's answer can't be read"),
        };
        var extensions = new Dictionary<string, object?> { ["connector"] = said };
        if (fault.RetryAfter is { } after && after > TimeSpan.Zero)
            extensions["retry_after"] = (int)Math.Ceiling(Math.Min(after.TotalSeconds, 3600));
        return new(new(code, status, title, mask(fault.Message), "The connector's own words are under connector.", Extensions: extensions));
    }

    public static ProblemException InvalidSchedule(IReadOnlyList<FieldError> errors) => new(new(
        "invalid_schedule", 422, "The schedule has errors", $"The schedule has {errors.Count} error{(errors.Count == 1 ? "" : "s")}.",
        "Correct every field named under errors and send it again.", errors));

    public static ProblemException UnknownSchedule(string id) => new(new(
        "unknown_schedule", 404, "There is no such schedule", $"No schedule has the id {Shorten(id)}.", "GET /v1/schedules lists the schedules."));

    public static ProblemException ScheduleExists(string connection, string name) => new(new(
        "schedule_exists", 409, "A schedule of this name exists", $"The connection {connection} has a schedule {name} already.",
        "Choose another name, or change that one: GET /v1/schedules?connection= shows its id."));

    public static ProblemException ETagMismatch(string current) => new(new(
        "etag_mismatch", 412, "It has changed meanwhile", $"The ETag is {current} now, which If-Match does not name.",
        "Read it again, and decide anew whether the change is still wanted."));

    public static ProblemException IfMatchRequired() => new(new(
        "if_match_required", 428, "The change needs a condition", "The request has no If-Match.", "Send If-Match with the ETag of the schedule that you have read."));

    // A secret that was a number is no JSON any more.
    private static JsonNode? Masked(JsonElement json, Func<string, string> mask)
    {
        var text = mask(json.GetRawText());
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
