using Platform.ServiceDefaults;

namespace Platform.Runner.Schedules;

/// <summary>Runs that it has started go on.</summary>
internal static class DeleteSchedule
{
    public static void Map(RouteGroupBuilder schedules) => schedules
        .MapDelete("/{id}", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .Produces(StatusCodes.Status204NoContent)
        .ProducesProblem(404)
        .WithSummary("Delete a schedule");

    private static async Task<IResult> HandleAsync(string id, HttpContext context, ScheduleStore store, CancellationToken cancel)
    {
        var schedule = await GetSchedule.FindAsync(context, store, id, cancel);
        await store.RemoveAsync(schedule.Id, cancel);
        return Results.NoContent();
    }
}
