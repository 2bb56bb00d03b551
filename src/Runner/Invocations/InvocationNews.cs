using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary><c>GET /v1/invocations/{id}/progress</c>, see <see cref="RowNews"/>; arguments and result are not in it.</summary>
internal static class InvocationNews
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/{id}/progress", async (string id, HttpContext context, InvocationStore store, RunChanges changes, CancellationToken cancel) =>
        {
            var invocation = await GetInvocation.FindAsync(context, store, id, cancel);
            return TypedResults.ServerSentEvents(RowNews.FollowAsync<InvocationView>(
                invocation.Id, changes, async stop => await store.FindBriefAsync(invocation.Id, stop) is { } now ? (now.View(), now.IsFinal) : null, cancel));
        })
        .RequireScopeSomewhere("actions:read")
        .ProducesProblem(404)
        .WithSummary("Follow an action (server-sent events)");
}
