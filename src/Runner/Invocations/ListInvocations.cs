using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>Invocations, newest first, of one connection, of one action or in one state if asked for. Their arguments and results are not in it.</summary>
internal static class ListInvocations
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/", HandleAsync)
        .RequireScopeSomewhere("actions:read")
        .WithErrors("bad_cursor", "bad_limit", "bad_state")
        .ProducesProblem(400)
        .WithSummary("List invocations, newest first");

    private static async Task<Page<InvocationView>> HandleAsync(
        HttpContext context, InvocationStore store, CancellationToken cancel, string? connection = null, string? action = null, string? state = null, int? limit = null, string? cursor = null)
    {
        if (state is not null && !InvocationState.All.Contains(state))
            throw Errors.UnknownInvocationState(state);
        if (connection is not null)
            context.Caller().RequireSome(connection);
        var count = Limit.Parse(limit);
        Guid? before = Cursor.Decode(cursor, 1) is { } parts ? Guid.TryParse(parts[0], out var id) ? id : throw Errors.BadCursor() : null;
        var found = await store.ListAsync(context.Caller().ActionPatterns, connection, action, state, before, count + 1, cancel);
        var page = found.Take(count).ToList();
        return new([.. page.Select(i => i.View())], found.Count > count ? Cursor.Encode(page[^1].Id.ToString()) : null);
    }
}
