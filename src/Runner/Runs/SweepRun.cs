using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Runner.Runs;

/// <summary>
/// Carries out the sweeps that the delete guard held back, once a person has looked. Ingest does it in one transaction and answers the same again,
/// so that a repeated request also mends a row that did not get its copy.
/// </summary>
internal static class SweepRun
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapPost("/{id}/sweep", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .Produces<RunView>()
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503)
        .WithSummary("Delete what the delete guard of a run has held back");

    private static async Task<RunView> HandleAsync(string id, HttpContext context, RunStore store, IngestClient ingest, CancellationToken cancel)
    {
        var run = await GetRun.FindAsync(context, store, id, cancel);
        if (!RunState.IsFinal(run.State))
            throw Errors.RunNotFinished(run);
        // It goes on when the caller leaves: taken back after minutes, it would only have to be done again.
        var outcome = await ingest.SweepAsync(new() { RunId = run.Id.ToString() }, deadline: DateTime.UtcNow + RunClosing.SweepLimit, cancellationToken: CancellationToken.None);
        return (await store.RecordSweepAsync(run.Id, outcome, CancellationToken.None) ?? throw Errors.UnknownRun(id)).View();
    }
}
