using System.Diagnostics;
using Platform.Runner.Runs;

namespace Platform.Runner.Invocations;

/// <summary>
/// The hold on an invocation, queued or running: extended every second together with its progress. One that could not be extended
/// for its whole time is lost; its holder then stops without writing.
/// </summary>
internal sealed class InvocationLease : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    // Lost a little earlier here than in the database, so that the next one's turn does not come before this one has ended.
    private static readonly TimeSpan HeldFor = InvocationTurns.LeaseTime - TimeSpan.FromSeconds(2);

    private readonly Guid id;
    private readonly InvocationTurns turns;
    private readonly RunChanges changes;
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource cancelRequested = new();
    private readonly CancellationTokenSource ended = new();
    private readonly Task beating;

    public InvocationLease(Guid id, InvocationTurns turns, RunChanges changes)
    {
        (this.id, this.turns, this.changes) = (id, turns, changes);
        beating = BeatAsync();
    }

    public CancellationToken Lost => lost.Token;

    public CancellationToken CancelRequested => cancelRequested.Token;

    /// <summary>Shown with the next beat.</summary>
    public InvocationProgress Progress { get; set; } = new();

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await beating;
        ended.Dispose();
        lost.Dispose();
        cancelRequested.Dispose();
    }

    private async Task BeatAsync()
    {
        var heldSince = Stopwatch.GetTimestamp();
        while (true)
        {
            await changes.WaitAsync(id, Interval, ended.Token);
            if (ended.IsCancellationRequested)
                return;
            var begun = Stopwatch.GetTimestamp();
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
                deadline.CancelAfter(HeldFor);
                if (await turns.HeartbeatAsync(id, Progress, deadline.Token) is not { } cancel)
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
                // The database is away; the lease holds until its time is over.
                if (Stopwatch.GetElapsedTime(heldSince) > HeldFor)
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
