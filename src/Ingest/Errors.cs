using Platform.ServiceDefaults;

namespace Platform.Ingest;

/// <summary>Every failure that this service answers with; the codes are part of its contract.</summary>
internal static class Errors
{
    public static ProblemException StaleFence(long fence, string holder) => new(new(
        "stale_fence", 412, "Another writer has taken over", $"The fence {fence} is no longer valid: {holder}.",
        "Stop this attempt; the run goes on, or has ended, under a newer lease."));

    public static ProblemException RunClosed(Guid runId) => new(new(
        "run_closed", 412, "The run has an outcome", $"Run {runId} is closed and takes no more pages.",
        "Ask GetOutcome and adopt its answer."));

    public static ProblemException ConnectionDeleted(string connection) => new(new(
        "connection_deleted", 409, "The connection is deleted", $"The connection '{connection}' is gone, and what it brought is being purged.",
        "Nothing to do; a connection that is made anew begins anew."));

    public static ProblemException BadIdentity(IReadOnlyList<FieldError> errors) => new(new(
        "bad_run_identity", 400, "The run is not identified", "Fields of the run identity are missing or malformed.", Errors: errors));

    public static ProblemException BadLoadMessage(string detail) => new(new(
        "bad_load_message", 400, "The load does not follow its protocol", detail,
        "Send Open first, then pages numbered 1, 2, 3 …"));

    public static ProblemException BadPage(long sequence, string what) => new(new(
        "bad_page", 400, "A page is not an ObjectPage", $"Page {sequence}: {what}.",
        "The connector sent bytes that its protocol does not allow; nothing of this page was stored."));

    public static ProblemException StateTooLarge(long sequence, int bytes, int limit) => new(new(
        "state_too_large", 400, "The connector's state is too large", $"Page {sequence} carries a state of {bytes} bytes, the limit is {limit}.",
        "A state is a position in the source; keep data in objects."));

    public static ProblemException BadClose(IReadOnlyList<FieldError> errors) => new(new(
        "bad_close_request", 400, "The run can't be closed like this", "Fields of the request are missing or malformed.", Errors: errors));

    public static ProblemException UnknownRun(Guid runId) => new(new(
        "unknown_run", 404, "There is no such run", $"Run {runId} has no outcome here.", "A run can be swept once it has succeeded."));

    public static ProblemException NothingToSweep(Guid runId) => new(new(
        "nothing_to_sweep", 409, "No sweep is held back", $"Run {runId} has no sweep that waits for a confirmation.",
        "Only a run that succeeded with the warning delete_guard has one."));

    public static ProblemException SweepSuperseded(Guid runId) => new(new(
        "sweep_superseded", 409, "A newer run has begun", $"What run {runId} has seen is no longer what the source has: another run of the connection has opened since.",
        "Let the newer run end; if it has the warning delete_guard too, confirm that one."));

    public static ProblemException DatabaseUnavailable(Exception cause) => new(new(
        "database_unavailable", 503, "The database does not answer", "Ingest could not commit within its retries.",
        "Look at the health of PostgreSQL, then start the run again: what was acknowledged is stored."), cause);

    public static ProblemException BadCursor() => new(new(
        "bad_cursor", 400, "The cursor is not valid", "The query parameter cursor is not one that this list handed out.",
        "Pass the member next of the previous page unchanged, or leave cursor out to begin anew."));

    public static ProblemException RunActive(string connection, Guid runId) => new(new(
        "run_active", 409, "A run of the connection is going on", $"Run {runId} of '{connection}' has not ended.",
        "Wait for its end, or cancel it, then try again.", Extensions: new Dictionary<string, object?> { ["run_id"] = runId }));

    public static ProblemException ETagMismatch(string current) => new(new(
        "etag_mismatch", 412, "It has changed meanwhile", $"The ETag is {current} now, which If-Match does not name.",
        "Read it again, and decide anew on what is there."));

    public static ProblemException IfMatchRequired() => new(new(
        "if_match_required", 428, "The change needs a condition", "There is a state already, and the request has no If-Match.",
        "Send If-Match with the ETag of the state that you have read."));

    public static ProblemException InvalidState(IReadOnlyList<FieldError> errors) => new(new(
        "invalid_state", 422, "The state has errors", "Fields of the request are missing or malformed.", "Correct every field named under errors.", errors));

    public static ProblemException UnknownConnection(string name) => new(new(
        "unknown_connection", 404, "There is no such connection", $"The connection '{name}' that this belonged to is gone.", "Dismiss it."));

    public static ProblemException UnknownReject(long id) => new(new(
        "unknown_reject", 404, "There is no such reject", $"No reject has the id {id}; it was replayed or dismissed, or its time was over.",
        "List the rejects with GET /v1/rejects."));

    public static ProblemException RejectIncomplete(long id, long kept, long size) => new(new(
        "reject_incomplete", 409, "Not all bytes of the object were kept", $"Of the {size} bytes of reject {id} the first {kept} were kept.",
        "Raise Load:MaxObjectBytes and sync again, then dismiss it."));

    public static ProblemException RejectNotStorable(long id, string reason) => new(new(
        "reject_not_storable", 422, "The object still can't be stored", $"Reject {id}: {reason}.", reason switch
        {
            Load.RejectReason.EmptyKey or Load.RejectReason.KeyTooLong => $"Give a remote_id of 1 to {Load.RejectReason.MaxRemoteIdBytes} bytes.",
            Load.RejectReason.TooLarge => "Raise Load:MaxObjectBytes.",
            _ => "Send replace_invalid: true to have U+FFFD in the place of what can't be stored.",
        }, Extensions: new Dictionary<string, object?> { ["reason"] = reason }));

    public static ProblemException RejectSuperseded(long id, string remoteId) => new(new(
        "reject_superseded", 409, "A newer object of that key is there", $"The object '{remoteId}' was written, or deleted, after reject {id} came.",
        "Dismiss it; or send force: true if the rejected one is to win."));

    public static ProblemException BadQuery(IReadOnlyList<FieldError> errors) => new(new(
        "bad_query", 400, "The query is not valid", "Query parameters are malformed or don't go together.",
        "Correct the parameters that errors names.", Errors: errors));

    public static ProblemException BadJsonPath(string what) => new(new(
        "bad_json_path", 400, "The JSON path is not valid", $"The query parameter path: {what}.",
        "Write a jsonpath of PostgreSQL, such as $.size > 10 or $.tags[*] ? (@ == \"new\"), percent-encoded.",
        Errors: [new FieldError("path", "bad_json_path", what)]));

    public static ProblemException SearchTimeout(TimeSpan limit) => new(new(
        "search_timeout", 503, "The search took too long", $"It was given up after {limit.TotalSeconds:0.###} s.",
        "Narrow it with stream, remote_id or prefix, or take everything with GET /v1/objects/export and search in that."));

    public static ProblemException ExportTimeout(TimeSpan limit) => new(new(
        "export_timeout", 503, "The export took too long", $"It was given up after {limit.TotalSeconds:0.###} s, before anything was found.",
        "Narrow it with stream, remote_id, prefix or since."));

    public static ProblemException TooManyExports(int limit, TimeSpan retryAfter) => new(new(
        "too_many_exports", 429, "Too many exports are running", $"There are {limit} exports already, as many as may run at once.",
        "Try again when one has ended; Retry-After says when to look.",
        Extensions: new Dictionary<string, object?> { ["retry_after"] = (int)retryAfter.TotalSeconds }));
}
