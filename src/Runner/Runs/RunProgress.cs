using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>A run's row as it changes, as server-sent events: <c>progress</c> as often as there is news, <c>end</c> once it is final. Any replica serves it.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static void Map(RouteGroupBuilder runs) => runs
        .MapGet("/{id}/progress", async (string id, RunStore store, RunChanges changes, CancellationToken cancel) =>
            TypedResults.ServerSentEvents(FollowAsync(await GetRun.FindAsync(store, id, cancel), store, changes, cancel)))
        .RequireScope("runs:read")
        .WithSummary("Follow a run (server-sent events)");

    private static async IAsyncEnumerable<SseItem<RunView>> FollowAsync(
        Run run, RunStore store, RunChanges changes, [EnumeratorCancellation] CancellationToken cancel)
    {
        RunView? last = null;
        while (!cancel.IsCancellationRequested)
        {
            var view = run.View();
            if (RunState.IsFinal(run.State))
            {
                yield return new(view, "end");
                yield break;
            }

            if (view != last)
                yield return new(last = view, "progress");
            await changes.WaitAsync(run.Id, Interval, cancel);
            if (cancel.IsCancellationRequested || await store.FindAsync(run.Id, cancel) is not { } next)
                yield break;
            run = next;
        }
    }
}
