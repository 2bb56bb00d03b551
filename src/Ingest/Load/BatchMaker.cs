using System.Threading.Channels;

namespace Platform.Ingest.Load;

/// <summary>Groups pages into transactions and makes each ready to be written, one ahead of the writer.</summary>
internal sealed class BatchMaker(PageQueue queue, LoadOptions options)
{
    // One is being written, one waits for that, one is being filled: then the first is free again.
    private readonly Chunk[] _chunks = [new(), new(), new()];

    /// <summary>Never fails: an error comes behind the batches before it.</summary>
    /// <param name="batches">Has room for one.</param>
    public async Task RunAsync(ChannelWriter<Batch> batches, CancellationToken cancellation)
    {
        try
        {
            for (var turn = 0; await FillAsync(cancellation) is { } pages; turn = (turn + 1) % _chunks.Length)
                await batches.WriteAsync(new(pages, options, _chunks[turn]), cancellation);
            batches.Complete();
        }
        catch (Exception e)
        {
            batches.Complete(e);
        }
    }

    /// <summary>Collects pages until there are enough of them, one wants an answer, none comes for a while, or there are no more.</summary>
    /// <returns>Null: the load is at its end.</returns>
    private async Task<List<QueuedPage>?> FillAsync(CancellationToken cancellation)
    {
        if (!await queue.Pages.WaitToReadAsync(cancellation))
            return null;
        var batch = new List<QueuedPage>();
        var (bytes, rows) = (0L, 0L);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(options.BatchDelay);
        try
        {
            do
            {
                while (queue.Pages.TryRead(out var page))
                {
                    batch.Add(page);
                    bytes += page.Cost;
                    rows += page.Objects;
                    if (page.Flush || bytes >= options.BatchBytes || rows >= options.BatchRows)
                        return batch;
                }
            }
            while (await queue.Pages.WaitToReadAsync(patience.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // No further page in time.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The reading ended with an error; it is seen again once this batch is written.
        }

        return batch;
    }
}
