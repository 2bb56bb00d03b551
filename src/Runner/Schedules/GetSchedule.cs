using Platform.ServiceDefaults;

namespace Platform.Runner.Schedules;

internal static class GetSchedule
{
    public static void Map(RouteGroupBuilder schedules) => schedules
        .MapGet("/{id}", HandleAsync)
        .RequireScopeSomewhere("runs:read")
        .Produces<ScheduleView>()
        .ProducesProblem(404)
        .WithSummary("One schedule, with its next and last fire");

    /// <exception cref="ProblemException">404 <c>unknown_schedule</c>, for what is no id, and for one of a connection that the caller's scope does not cover too.</exception>
    public static async Task<Schedule> FindAsync(HttpContext context, ScheduleStore store, string id, CancellationToken cancel) =>
        Guid.TryParse(id, out var schedule) && await store.FindAsync(schedule, cancel) is { } found && context.Caller().Covers(found.Connection) ? found : throw Errors.UnknownSchedule(id);

    public static async Task<ScheduleView> ViewAsync(ScheduleTriggers triggers, Schedule schedule, CancellationToken cancel) =>
        schedule.View((await triggers.NextAsync([schedule], cancel)).GetValueOrDefault(schedule.Id));

    private static async Task<ScheduleView> HandleAsync(string id, HttpContext context, ScheduleStore store, ScheduleTriggers triggers, CancellationToken cancel)
    {
        var schedule = await FindAsync(context, store, id, cancel);
        context.Response.Headers.ETag = schedule.ETag;
        return await ViewAsync(triggers, schedule, cancel);
    }
}
