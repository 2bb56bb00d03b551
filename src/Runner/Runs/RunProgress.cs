using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary><c>GET /v1/runs/{id}/progress</c>, see <see cref="RowNews"/>.</summary>
internal static class RunProgress
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapGet("/{id}/progress", async (string id, HttpContext context, RunStore store, RunChanges changes, CancellationToken cancel) =>
        {
            var run = await GetRun.FindAsync(context, store, id, cancel);
            return TypedResults.ServerSentEvents(RowNews.FollowAsync<RunView>(
                run.Id, changes, async stop => await store.FindAsync(run.Id, stop) is { } now ? (now.View(), RunState.IsFinal(now.State)) : null, cancel));
        })
        .RequireScopeSomewhere("runs:read")
        .WithErrors("unknown_run")
        .ProducesProblem(404)
        .WithSummary("Follow a run (server-sent events)");
}
