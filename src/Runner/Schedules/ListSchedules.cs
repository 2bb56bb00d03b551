using Platform.ServiceDefaults;

namespace Platform.Runner.Schedules;

/// <summary>Schedules, oldest first, of one connection if asked for.</summary>
internal static class ListSchedules
{
    public static void Map(RouteGroupBuilder schedules) => schedules
        .MapGet("/", HandleAsync)
        .RequireScopeSomewhere("runs:read")
        .WithErrors("bad_cursor", "bad_limit")
        .Produces<Page<ScheduleView>>()
        .ProducesProblem(400)
        .WithSummary("List schedules, oldest first");

    private static async Task<Page<ScheduleView>> HandleAsync(
        HttpContext context, ScheduleStore store, ScheduleTriggers triggers, CancellationToken cancel, string? connection = null, int? limit = null, string? cursor = null)
    {
        if (connection is not null)
            context.Caller().Require(connection);
        var count = Limit.Parse(limit);
        Guid? after = Cursor.Decode(cursor, 1) is { } parts ? Guid.TryParse(parts[0], out var id) ? id : throw Errors.BadCursor() : null;
        var found = await store.ListAsync(context.Caller().Patterns, connection, after, count + 1, cancel);
        var page = found.Take(count).ToList();
        var next = await triggers.NextAsync(page, cancel);
        return new([.. page.Select(s => s.View(next.GetValueOrDefault(s.Id)))], found.Count > count ? Cursor.Encode(page[^1].Id.ToString()) : null);
    }
}
