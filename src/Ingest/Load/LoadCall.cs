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
            var states = run.States.Select(each =>
                new StreamState { Stream = each.Stream, State = UnsafeByteOperations.UnsafeWrap(each.State), Continuable = each.Continuable });
            var opened = new Opened { States = { states } };
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
        var work = Task.WhenAll(PageReader.RunAsync(requests, queue, stop.Token), new BatchMaker(queue, options.Value).RunAsync(batches.Writer, stop.Token));
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
}
