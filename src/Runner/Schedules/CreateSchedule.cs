using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Schedules;

/// <summary>Makes runs of a connection start by themselves.</summary>
internal static class CreateSchedule
{
    private const int ResolveSeconds = 10;

    /// <param name="Connection">Name of the connection.</param>
    /// <param name="Name">Unique within the connection; default: <c>default</c>.</param>
    /// <param name="Cron">Five fields, as crontab has them; or else an interval.</param>
    /// <param name="Interval">Such as <c>15m</c> or <c>1h30m</c>; the first run starts one interval from now.</param>
    /// <param name="TimeZone">IANA name; default: Etc/UTC.</param>
    /// <param name="JitterSeconds">0 to 3,600, default 0: a run starts up to so many seconds later, at random.</param>
    /// <param name="Enabled">Default: true.</param>
    internal sealed record Body([property: Required] string Connection, string? Name, string? Cron, string? Interval, string? TimeZone, int? JitterSeconds, bool? Enabled);

    public static void Map(RouteGroupBuilder schedules) => schedules
        .MapPost("/", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .WithErrors("invalid_schedule", "schedule_exists", "sync_not_supported", "unknown_connection")
        .WithExample("""{"connection": "orders", "cron": "0 3 * * *", "time_zone": "Europe/Berlin", "jitter_seconds": 60}""")
        .Accepts<Body>("application/json")
        .Produces<ScheduleView>(StatusCodes.Status201Created)
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
        .WithSummary("Start runs of a connection by cron or interval");

    private static async Task<IResult> HandleAsync(
        JsonBody body, HttpContext context, RegistryClient registry, ScheduleStore store, ScheduleTriggers triggers, IOptions<ScheduleSettings> settings, CancellationToken cancel)
    {
        var wish = ScheduleWish.ForNew(body.Value, settings.Value.MinimumSeconds, out var name);
        context.Caller().Require(name);
        var connection = await registry.ResolveConnectionAsync(
            new() { Name = name }, deadline: DateTime.UtcNow.AddSeconds(ResolveSeconds), cancellationToken: cancel);
        if (connection.ActionsOnly)
            throw Errors.SyncNotSupported(connection.Name);
        var schedule = await store.AddAsync(Guid.Parse(connection.Id), connection.Name, wish, context.Actor(), cancel)
            ?? throw Errors.ScheduleExists(connection.Name, wish.Name);
        context.Response.Headers.ETag = schedule.ETag;
        return Results.Created($"/v1/schedules/{schedule.Id}", await GetSchedule.ViewAsync(triggers, schedule, cancel));
    }
}
