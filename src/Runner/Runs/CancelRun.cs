using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>Asks whichever replica runs it to end a run. It ends within five seconds; asking again changes nothing.</summary>
internal static class CancelRun
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapPost("/{id}/cancel", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .WithErrors("run_finished", "unknown_run")
        .ProducesProblem(404).ProducesProblem(409)
        .Produces<RunView>(StatusCodes.Status202Accepted)
        .WithSummary("Cancel a run");

    private static async Task<IResult> HandleAsync(string id, HttpContext context, RunStore store, CancellationToken cancel)
    {
        var run = await GetRun.FindAsync(context, store, id, cancel);
        var asked = await store.RequestCancelAsync(run.Id, cancel) ?? await GetRun.FindAsync(context, store, id, cancel);
        return asked.State is RunState.Succeeded or RunState.Failed
            ? throw Errors.RunFinished(asked)
            : Results.Accepted($"/v1/runs/{asked.Id}", asked.View());
    }
}
