using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Platform.Runner.Runs;

/// <summary>A row, of a run or an invocation, as it changes, as server-sent events: <c>progress</c> as often as there is news, <c>end</c> once it is final. Any replica serves it.</summary>
internal static class RowNews
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <param name="readAsync">The row as it is now, and whether it is final; null: it is gone, and so is the stream.</param>
    public static async IAsyncEnumerable<SseItem<T>> FollowAsync<T>(
        Guid row, RunChanges changes, Func<CancellationToken, Task<(T View, bool IsFinal)?>> readAsync, [EnumeratorCancellation] CancellationToken cancel)
        where T : class
    {
        T? last = null;
        while (!cancel.IsCancellationRequested && await readAsync(cancel) is var (view, isFinal))
        {
            if (isFinal)
            {
                yield return new(view, "end");
                yield break;
            }

            if (!view.Equals(last))
                yield return new(last = view, "progress");
            await changes.WaitAsync(row, Interval, cancel);
        }
    }
}
