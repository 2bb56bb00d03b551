using System.Diagnostics;

namespace Platform.Runner.Runs;

/// <summary>
/// The hold on a row, of a run or an invocation: extended every second, and at once when something is asked of its holder. One that could not be extended
/// for its whole time is lost; whoever holds it then stops without writing.
/// </summary>
internal sealed class Heartbeat : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    // Lost a little earlier here than in the database, so that two holders never overlap.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
    // A beat under way is waited for: to cut a statement off costs more than it takes, unless the database is away.
    private static readonly TimeSpan LastBeat = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource cancelRequested = new();
    private readonly CancellationTokenSource ended = new();
    private readonly CancellationTokenSource cutOff = new();
    private readonly Task beating;

    /// <param name="leaseTime">By which each beat extends the hold.</param>
    /// <param name="extend">Answers whether a cancel is asked for; null when the hold is lost.</param>
    public Heartbeat(Guid row, TimeSpan leaseTime, RunChanges changes, Func<CancellationToken, Task<bool?>> extend) =>
        beating = BeatAsync(row, leaseTime - Margin, changes, extend);

    public CancellationToken Lost => lost.Token;

    public CancellationToken CancelRequested => cancelRequested.Token;

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        cutOff.CancelAfter(LastBeat);
        await beating;
        ended.Dispose();
        cutOff.Dispose();
        lost.Dispose();
        cancelRequested.Dispose();
    }

    private async Task BeatAsync(Guid row, TimeSpan heldFor, RunChanges changes, Func<CancellationToken, Task<bool?>> extend)
    {
        var heldSince = Stopwatch.GetTimestamp();
        while (true)
        {
            await changes.AskedAsync(row, Interval, ended.Token);
            if (ended.IsCancellationRequested)
                return;
            var begun = Stopwatch.GetTimestamp();
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cutOff.Token);
                deadline.CancelAfter(heldFor);
                if (await extend(deadline.Token) is not { } cancel)
                {
                    await lost.CancelAsync();
                    return;
                }

                heldSince = begun;
                if (cancel)
                    await cancelRequested.CancelAsync();
            }
            catch (Exception) when (!ended.IsCancellationRequested)
            {
                // The database is away; the hold lasts until its time is over.
                if (Stopwatch.GetElapsedTime(heldSince) > heldFor)
                {
                    await lost.CancelAsync();
                    return;
                }
            }
            catch (Exception)
            {
                return;
            }
        }
    }
}
