using Platform.Runner.Logs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary><c>GET /v1/invocations/{id}/log</c>, see <see cref="LogAnswer"/>.</summary>
internal static class GetInvocationLog
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/{id}/log", HandleAsync)
        .RequireScopeSomewhere("actions:read")
        .WithErrors("bad_cursor", "bad_level", "bad_limit", "unknown_invocation")
        .WithHeader(RequestHeader.LastEventId)
        .Produces<Page<StoredLine>>(contentType: "application/json", additionalContentTypes: "text/event-stream")
        .ProducesProblem(400).ProducesProblem(404)
        .WithSummary("The log of an action: live as server-sent events, or pages of what there is so far as JSON");

    private static async Task HandleAsync(
        string id, HttpContext http, InvocationStore store, LogAnswer answer, CancellationToken cancel, string? level = null, int? limit = null, string? cursor = null)
    {
        var invocation = await GetInvocation.FindAsync(http, store, id, cancel);
        await answer.WriteAsync(http, invocation.Id, async stop =>
        {
            // One that is gone says nothing more either.
            var now = await store.FindBriefAsync(invocation.Id, stop) ?? invocation with { State = InvocationState.Lost };
            return now.IsFinal ? now.State : null;
        }, level, limit, cursor, cancel);
    }
}
