using Grpc.Core;
using Platform.Ingest.V1;

namespace Platform.Runner.Runs;

/// <summary>One call of <c>Load</c>: numbers the pages, keeps within its window, and reads the answers beside them. One writer at a time.</summary>
/// <param name="onRefused">Gets the reason when a page that was written is not accepted.</param>
internal sealed class PageStream(AsyncDuplexStreamingCall<LoadMessage, LoadReply> call, Action<RunFaultException> onRefused) : IDisposable
{
    // The answers say better than a broken write what has happened; they end with the call.
    private static readonly TimeSpan ReasonWait = TimeSpan.FromSeconds(5);

    private readonly PagesUnderway underway = new();
    private volatile LoadTotals totals = new(new Counts(), 0, 0);
    private ulong sequence;

    public LoadTotals Totals => totals;

    /// <summary>For how long the oldest page has waited for its answer; null: none waits.</summary>
    public TimeSpan? Unanswered => underway.Unanswered;

    public async Task<Opened> OpenAsync(Open open, CancellationToken cancel)
    {
        await call.RequestStream.WriteAsync(new LoadMessage { Open = open }, cancel);
        if (!await call.ResponseStream.MoveNext(CancellationToken.None) || call.ResponseStream.Current.Opened is not { } opened)
            throw LoadFault.EndedEarly();
        _ = ReadAcksAsync();
        return opened;
    }

    /// <summary>Returns once the page is written; before that it waits for room.</summary>
    /// <param name="counts">It is one of the connector's, not one that only asks for an answer.</param>
    public async Task<PageUnderway> WriteAsync(Page page, CancellationToken cancel, bool counts = true)
    {
        await underway.WaitForRoomAsync(page.Objects.Length, cancel);
        page.Sequence = ++sequence;
        var written = underway.Add(page.Sequence, page.Objects.Length, counts);
        try
        {
            await call.RequestStream.WriteAsync(new LoadMessage { Page = page }, cancel);
            return written;
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            if (await Task.WhenAny(written.Answer, Task.Delay(ReasonWait, CancellationToken.None)) == written.Answer && await written.Answer is { } reason)
                throw reason;
            throw;
        }
    }

    public async Task WriteAndWaitAsync(Page page, CancellationToken cancel = default, bool counts = true)
    {
        var written = await WriteAsync(page, cancel, counts);
        if (await written.Answer.WaitAsync(cancel) is { } reason)
            throw reason;
    }

    /// <summary>Returns once every page is committed: an empty one that asks for its answer at once gets it last.</summary>
    public Task FlushAsync(CancellationToken cancel) =>
        underway.IsEmpty ? Task.CompletedTask : WriteAndWaitAsync(new() { Flush = true }, cancel, counts: false);

    public void Dispose() => call.Dispose();

    private async Task ReadAcksAsync()
    {
        RunFaultException reason;
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                var ack = call.ResponseStream.Current.Ack;
                var page = underway.Next(ack?.Sequence);
                if (page.Counts)
                    totals = totals.Plus(ack!.Counts ?? new Counts(), page.Bytes);
                page.Answered(null);
            }

            reason = LoadFault.EndedEarly();
        }
        catch (Exception e)
        {
            reason = LoadFault.Of(e);
        }

        // A load that breaks while nothing is underway harms its run only if another page comes: that one finds out.
        foreach (var page in underway.Break(reason))
        {
            onRefused(reason);
            page.Answered(reason);
        }
    }
}
