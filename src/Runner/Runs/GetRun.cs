using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

internal static class GetRun
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapGet("/{id}", async (string id, RunStore store, CancellationToken cancel) => (await FindAsync(store, id, cancel)).View())
        .RequireScope("runs:read")
        .WithSummary("One run: state, progress, outcome");

    /// <exception cref="ProblemException">404 <c>unknown_run</c>, for what is no id too.</exception>
    public static async Task<Run> FindAsync(RunStore store, string id, CancellationToken cancel) =>
        (Guid.TryParse(id, out var run) ? await store.FindAsync(run, cancel) : null) ?? throw Errors.UnknownRun(id);
}
