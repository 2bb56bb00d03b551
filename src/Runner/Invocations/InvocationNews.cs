using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>
/// An invocation's record as it changes, as server-sent events: <c>progress</c> as often as there is news, <c>end</c> once it is final. Any
/// replica serves it; arguments and result are not in it.
/// </summary>
internal static class InvocationNews
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/{id}/progress", async (string id, InvocationStore store, RunChanges changes, CancellationToken cancel) =>
            TypedResults.ServerSentEvents(FollowAsync(await GetInvocation.FindAsync(store, id, cancel), store, changes, cancel)))
        .RequireScope("actions:read")
        .ProducesProblem(404)
        .WithSummary("Follow an action (server-sent events)");

    private static async IAsyncEnumerable<SseItem<InvocationView>> FollowAsync(
        Invocation invocation, InvocationStore store, RunChanges changes, [EnumeratorCancellation] CancellationToken cancel)
    {
        InvocationView? last = null;
        while (!cancel.IsCancellationRequested)
        {
            var view = invocation.View();
            if (invocation.IsFinal)
            {
                yield return new(view, "end");
                yield break;
            }

            if (view != last)
                yield return new(last = view, "progress");
            await changes.WaitAsync(invocation.Id, Interval, cancel);
            if (cancel.IsCancellationRequested || await store.FindBriefAsync(invocation.Id, cancel) is not { } next)
                yield break;
            invocation = next;
        }
    }
}
