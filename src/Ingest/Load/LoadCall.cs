using System.Diagnostics;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>
/// One call of <c>Load</c>: reads pages ahead as far as the buffer allows, groups them into transactions, acknowledges each page in order
/// once it is committed. What was read before an error is still written and acknowledged.
/// </summary>
internal sealed class LoadCall(LoadDatabase database, Retries retries, OpenLoads openLoads, IOptions<LoadOptions> options)
{
    private const int MaxStreamNameBytes = 255;

    public async Task RunAsync(IAsyncStreamReader<LoadMessage> requests, IServerStreamWriter<LoadReply> replies, CancellationToken cancellation)
    {
        using var activity = PlatformActivity.Source.StartActivity("load");
        if (!await requests.MoveNext(cancellation) || requests.Current.BodyCase != LoadMessage.BodyOneofCase.Open)
            throw Errors.BadLoadMessage("The first message is not Open.");
        var writer = WriterIdentity.Parse(requests.Current.Open.Run);
        activity?.SetTag("run.id", writer.RunId).SetTag("connection", writer.Connection).SetTag("connector", writer.Connector);

        var batches = new BatchWriter(database, retries, options.Value, writer);
        await batches.OpenAsync(cancellation);
        using var open = openLoads.Add(writer, cancellation);
        try
        {
            await replies.WriteAsync(new() { Opened = new() }, cancellation);
            await PumpAsync(requests, replies, batches, activity, open.Token);
        }
        catch (Exception e) when (open.Reason is not null && e is (OperationCanceledException or RpcException or IOException))
        {
            throw open.Reason!;
        }
    }

    private async Task PumpAsync(
        IAsyncStreamReader<LoadMessage> requests, IServerStreamWriter<LoadReply> replies, BatchWriter batches, Activity? activity, CancellationToken cancellation)
    {
        var queue = new PageQueue(options.Value.BufferBytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reading = ReadAsync(requests, queue, stop.Token);
        var sum = new Tally();
        try
        {
            var batch = new List<QueuedPage>();
            while (await FillAsync(batch, queue, cancellation))
            {
                var tallies = await batches.WriteAsync(batch, cancellation);
                for (var i = 0; i < batch.Count; i++)
                {
                    sum.Add(tallies[i]);
                    await replies.WriteAsync(new() { Ack = new() { Sequence = (ulong)batch[i].Sequence, Counts = tallies[i].ToCounts() } }, cancellation);
                }

                queue.Release(batch);
                batch.Clear();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
            activity?.SetTag("objects.received", sum.Received).SetTag("objects.inserted", sum.Inserted).SetTag("objects.updated", sum.Updated);
        }
    }

    /// <summary>Never fails: what ends the reading is handed on through the queue, behind the pages that came before.</summary>
    private static async Task ReadAsync(IAsyncStreamReader<LoadMessage> requests, PageQueue queue, CancellationToken cancellation)
    {
        try
        {
            for (var sequence = 1L; await requests.MoveNext(cancellation); sequence++)
            {
                queue.Add(Check(requests.Current, sequence));
                await queue.WaitForRoomAsync(cancellation);
            }

            queue.Complete();
        }
        catch (Exception e)
        {
            queue.Complete(e);
        }
    }

    private static QueuedPage Check(LoadMessage message, long expected)
    {
        if (message.BodyCase != LoadMessage.BodyOneofCase.Page)
            throw Errors.BadLoadMessage($"Message {expected} after Open is not a page.");
        var page = message.Page;
        if (page.Sequence != (ulong)expected)
            throw Errors.BadLoadMessage($"Page {expected} has the number {page.Sequence}.");
        if (Encoding.UTF8.GetByteCount(page.Stream) > MaxStreamNameBytes || page.Stream.Contains('\0'))
            throw Errors.BadLoadMessage($"The stream name of page {expected} is longer than {MaxStreamNameBytes} bytes or contains U+0000.");
        try
        {
            return new(expected, page.Stream, page.Objects.Memory, ObjectPageReader.Count(page.Objects.Span), page.Flush);
        }
        catch (MalformedPageException e)
        {
            throw Errors.BadPage(expected, e.Message);
        }
    }

    /// <summary>Collects pages until there are enough of them, one wants an answer, none comes for a while, or there are no more.</summary>
    /// <returns>False: the load is at its end.</returns>
    private async Task<bool> FillAsync(List<QueuedPage> batch, PageQueue queue, CancellationToken cancellation)
    {
        if (!await queue.Pages.WaitToReadAsync(cancellation))
            return false;
        var (bytes, rows) = (0L, 0L);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(options.Value.BatchDelay);
        try
        {
            do
            {
                while (queue.Pages.TryRead(out var page))
                {
                    batch.Add(page);
                    bytes += page.Cost;
                    rows += page.Objects;
                    if (page.Flush || bytes >= options.Value.BatchBytes || rows >= options.Value.BatchRows)
                        return true;
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

        return true;
    }
}
