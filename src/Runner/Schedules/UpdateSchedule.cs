using Microsoft.Extensions.Options;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Runner.Schedules;

/// <summary>Changes the fields that are given, if the schedule is still as it was read.</summary>
internal static class UpdateSchedule
{
    /// <summary>As for a new one; what is left out stays. <c>cron</c> takes the place of <c>interval</c>, and the other way round.</summary>
    internal sealed record Body(string? Name, string? Cron, string? Interval, string? TimeZone, int? JitterSeconds, bool? Enabled);

    public static void Map(RouteGroupBuilder schedules) => schedules
        .MapPatch("/{id}", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .WithErrors("etag_mismatch", "if_match_required", "invalid_schedule", "schedule_exists", "unknown_schedule")
        .WithExample("""{"enabled": false}""")
        .Accepts<Body>("application/json")
        .Produces<ScheduleView>()
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(422).ProducesProblem(428)
        .WithSummary("Change a schedule, pause and resume it");

    private static async Task<ScheduleView> HandleAsync(
        string id, JsonBody body, HttpContext context, ScheduleStore store, ScheduleTriggers triggers, IOptions<ScheduleSettings> settings, CancellationToken cancel)
    {
        var standing = await GetSchedule.FindAsync(context, store, id, cancel);
        var ifMatch = IfMatch.Of(context.Request);
        if (!ifMatch.IsGiven)
            throw Errors.IfMatchRequired();
        if (!ifMatch.Holds(standing.ETag))
            throw Errors.ETagMismatch(standing.ETag);
        var wish = ScheduleWish.ForChange(body.Value, standing, settings.Value.MinimumSeconds);
        try
        {
            var changed = await store.UpdateAsync(standing.Id, standing.Revision, wish, cancel)
                ?? throw Errors.ETagMismatch((await GetSchedule.FindAsync(context, store, id, cancel)).ETag);
            context.Response.Headers.ETag = changed.ETag;
            return await GetSchedule.ViewAsync(triggers, changed, cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Errors.ScheduleExists(standing.Connection, wish.Name);
        }
    }
}
