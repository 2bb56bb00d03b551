using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>Runs, newest first, of one connection or in one state if asked for.</summary>
internal static class ListRuns
{
    public static void Map(RouteGroupBuilder runs) => runs
        .MapGet("/", HandleAsync)
        .RequireScopeSomewhere("runs:read")
        .WithErrors("bad_cursor", "bad_limit", "bad_state")
        .WithSummary("List runs, newest first");

    private static async Task<Page<RunView>> HandleAsync(
        HttpContext context, RunStore store, CancellationToken cancel, string? connection = null, string? state = null, int? limit = null, string? cursor = null)
    {
        if (state is not null && !RunState.All.Contains(state))
            throw Errors.UnknownState(state);
        if (connection is not null)
            context.Caller().Require(connection);
        var count = Limit.Parse(limit);
        Guid? before = Cursor.Decode(cursor, 1) is { } parts ? Guid.TryParse(parts[0], out var id) ? id : throw Errors.BadCursor() : null;
        var found = await store.ListAsync(context.Caller().Patterns, connection, state, before, count + 1, cancel);
        var page = found.Take(count).ToList();
        return new([.. page.Select(r => r.View())], found.Count > count ? Cursor.Encode(page[^1].Id.ToString()) : null);
    }
}
