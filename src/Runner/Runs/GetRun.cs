using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

internal static class GetRun
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapGet("/{id}", async (string id, HttpContext context, RunStore store, CancellationToken cancel) => (await FindAsync(context, store, id, cancel)).View())
        .RequireScopeSomewhere("runs:read")
        .WithErrors("unknown_run")
        .ProducesProblem(404)
        .WithSummary("One run: state, progress, outcome");

    /// <exception cref="ProblemException">404 <c>unknown_run</c>, for what is no id, and for a run of a connection that the caller's scope does not cover too.</exception>
    public static async Task<Run> FindAsync(HttpContext context, RunStore store, string id, CancellationToken cancel) =>
        Guid.TryParse(id, out var run) && await store.FindAsync(run, cancel) is { } found && context.Caller().Covers(found.Connection) ? found : throw Errors.UnknownRun(id);
}
