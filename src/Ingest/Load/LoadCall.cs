using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>
/// One call of <c>Load</c>: reads pages ahead as far as the buffer allows, groups them into transactions, acknowledges each page in order
/// once it is committed. What was read before an error is still written and acknowledged.
/// </summary>
internal sealed class LoadCall(OpenRun openRun, LoadDatabase database, Retries retries, OpenLoads openLoads, IOptions<LoadOptions> options)
{
    public const int MaxStateBytes = 1 << 20;

    public const int MaxStreamNameBytes = 255;

    public async Task RunAsync(IAsyncStreamReader<LoadMessage> requests, IServerStreamWriter<LoadReply> replies, CancellationToken cancellation)
    {
        using var activity = PlatformActivity.Source.StartActivity("load");
        if (!await requests.MoveNext(cancellation) || requests.Current.BodyCase != LoadMessage.BodyOneofCase.Open)
            throw Errors.BadLoadMessage("The first message is not Open.");
        var writer = WriterIdentity.Parse(requests.Current.Open.Run);
        activity?.SetTag("run.id", writer.RunId).SetTag("connection", writer.Connection).SetTag("connector", writer.Connector);

        var request = requests.Current.Open;
        var loadId = Guid.CreateVersion7();
        var run = await openRun.RunAsync(writer, loadId, request.StartOver, cancellation);
        using var open = openLoads.Add(writer, cancellation);
        try
        {
            var opened = new Opened { States = { run.States.Select(each => new StreamState { Stream = each.Stream, State = UnsafeByteOperations.UnsafeWrap(each.State) }) } };
            await replies.WriteAsync(new() { Opened = opened }, cancellation);
            await PumpAsync(requests, replies, new(database, retries, writer, loadId, request.NotifyChanges, run.HasObjects ? null : new()), activity, open.Token);
        }
        catch (Exception e) when (open.Reason is not null && e is (OperationCanceledException or RpcException or IOException))
        {
            throw open.Reason!;
        }
    }

    private async Task PumpAsync(
        IAsyncStreamReader<LoadMessage> requests, IServerStreamWriter<LoadReply> replies, BatchWriter writer, Activity? activity, CancellationToken cancellation)
    {
        var queue = new PageQueue(() => openLoads.Share(options.Value));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // One batch is made ready while the one before is being written.
        var batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        var work = Task.WhenAll(ReadAsync(requests, queue, stop.Token), PrepareAsync(queue, batches.Writer, stop.Token));
        var sum = new Tally();
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellation))
            {
                var tallies = await writer.WriteAsync(batch, cancellation);
                for (var i = 0; i < tallies.Length; i++)
                {
                    sum.Add(tallies[i]);
                    await replies.WriteAsync(new() { Ack = new() { Sequence = (ulong)batch.Pages[i].Sequence, Counts = tallies[i].ToCounts() } }, cancellation);
                    FaultPoints.Pass("acknowledged");
                }

                queue.Release(batch.Pages);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await work;
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
                FaultPoints.Pass("page-received");
                await queue.WaitForRoomAsync(cancellation);
            }

            queue.Complete();
        }
        catch (Exception e)
        {
            queue.Complete(e);
        }
    }

    /// <summary>Never fails either: an error comes behind the batches before it.</summary>
    private async Task PrepareAsync(PageQueue queue, ChannelWriter<Batch> batches, CancellationToken cancellation)
    {
        try
        {
            while (await FillAsync(queue, cancellation) is { } pages)
                await batches.WriteAsync(new(pages, options.Value), cancellation);
            batches.Complete();
        }
        catch (Exception e)
        {
            batches.Complete(e);
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
        if (page.State.Length > MaxStateBytes)
            throw Errors.StateTooLarge(expected, page.State.Length, MaxStateBytes);
        try
        {
            return new(
                expected, page.Stream, page.Objects.Memory, ObjectPageReader.Count(page.Objects.Span), page.Flush, page.Deletes,
                page.HasState ? (ReadOnlyMemory<byte>?)page.State.Memory : null);
        }
        catch (MalformedPageException e)
        {
            throw Errors.BadPage(expected, e.Message);
        }
    }

    /// <summary>Collects pages until there are enough of them, one wants an answer, none comes for a while, or there are no more.</summary>
    /// <returns>Null: the load is at its end.</returns>
    private async Task<List<QueuedPage>?> FillAsync(PageQueue queue, CancellationToken cancellation)
    {
        if (!await queue.Pages.WaitToReadAsync(cancellation))
            return null;
        var batch = new List<QueuedPage>();
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
