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

    public static ProblemException BadIdentity(IReadOnlyList<FieldError> errors) => new(new(
        "bad_run_identity", 400, "The run is not identified", "Fields of the run identity are missing or malformed.", Errors: errors));

    public static ProblemException BadLoadMessage(string detail) => new(new(
        "bad_load_message", 400, "The load does not follow its protocol", detail,
        "Send Open first, then pages numbered 1, 2, 3 …"));

    public static ProblemException BadPage(long sequence, string what) => new(new(
        "bad_page", 400, "A page is not an ObjectPage", $"Page {sequence}: {what}.",
        "The connector sent bytes that its protocol does not allow; nothing of this page was stored."));

    public static ProblemException BadClose(IReadOnlyList<FieldError> errors) => new(new(
        "bad_close_request", 400, "The run can't be closed like this", "Fields of the request are missing or malformed.", Errors: errors));

    public static ProblemException DatabaseUnavailable(Exception cause) => new(new(
        "database_unavailable", 503, "The database does not answer", "Ingest could not commit within its retries.",
        "Look at the health of PostgreSQL, then start the run again: what was acknowledged is stored."), cause);

    public static ProblemException BadCursor() => new(new(
        "bad_cursor", 400, "The cursor is not valid", "The query parameter cursor is not one that this list handed out.",
        "Pass the member next of the previous page unchanged, or leave cursor out to begin anew."));
}
