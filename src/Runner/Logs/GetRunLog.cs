using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Logs;

/// <summary><c>GET /v1/runs/{id}/log</c>, see <see cref="LogAnswer"/>.</summary>
internal static class GetRunLog
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapGet("/{id}/log", HandleAsync)
        .RequireScopeSomewhere("runs:read")
        .WithErrors("bad_cursor", "bad_level", "bad_limit", "unknown_run")
        .WithHeader(RequestHeader.LastEventId)
        .Produces<Page<StoredLine>>(contentType: "application/json", additionalContentTypes: "text/event-stream")
        .ProducesProblem(400).ProducesProblem(404)
        .WithSummary("The log of a run: live as server-sent events, or pages of what there is so far as JSON");

    private static async Task HandleAsync(
        string id, HttpContext http, RunStore store, LogAnswer answer, CancellationToken cancel, string? level = null, int? limit = null, string? cursor = null)
    {
        var run = await GetRun.FindAsync(http, store, id, cancel);
        await answer.WriteAsync(http, run.Id, async stop =>
        {
            // A run that is gone says nothing more either.
            var state = (await store.FindAsync(run.Id, stop))?.State ?? run.State;
            return RunState.IsFinal(state) ? state : null;
        }, level, limit, cursor, cancel);
    }
}
