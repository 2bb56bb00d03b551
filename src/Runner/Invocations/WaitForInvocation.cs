using System.Diagnostics;
using Platform.Runner.Runs;

namespace Platform.Runner.Invocations;

/// <summary>Waits for the end of an invocation, whichever replica carries it out.</summary>
internal sealed class WaitForInvocation(InvocationStore store, InvocationWorker worker, RunChanges changes, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>The record as it is then; null when there is none. Not longer than this Runner lives.</summary>
    public async Task<Invocation?> RunAsync(Guid id, TimeSpan limit, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        if (worker.Find(id) is { } here)
        {
            await Task.WhenAny(here, Task.Delay(limit, stop.Token));
            if (here is { IsCompletedSuccessfully: true, Result: { } ended })
                return ended;
        }

        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var found = await store.FindAsync(id, cancel);
            var left = limit - Stopwatch.GetElapsedTime(begun);
            if (found is null or { IsFinal: true } || left <= TimeSpan.Zero || stop.IsCancellationRequested)
                return found;
            await changes.WaitAsync(id, left < Interval ? left : Interval, stop.Token);
        }
    }
}
