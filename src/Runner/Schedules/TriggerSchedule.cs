using System.Diagnostics;
using Platform.Contracts;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Schedules;

/// <summary>A fire by hand, at once and without jitter, also of a schedule that is not enabled; the instants to come stay as they are.</summary>
internal static class TriggerSchedule
{
    public static void Map(RouteGroupBuilder schedules) => schedules
        .MapPost("/{id}/trigger", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .Produces<RunView>(StatusCodes.Status202Accepted)
        .ProducesProblem(404)
        .WithSummary("Start a schedule's run now");

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, ScheduleStore store, RegistryClient registry, CommandPublisher commands, CancellationToken cancel)
    {
        var schedule = await GetSchedule.FindAsync(context, store, id, cancel);
        var connection = await StartScheduledRun.ResolveAsync(registry, schedule, cancel);
        var run = await store.FireAsync(schedule.Id, null, connection, Activity.Current?.Id, context.Actor(), cancel) ?? throw Errors.UnknownSchedule(id);
        await commands.TryPublishAsync(new RunQueued(run.Id), cancel);
        return Results.Accepted($"/v1/runs/{run.Id}", run.View());
    }
}
