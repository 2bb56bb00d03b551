using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Objects.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Benchmarks.Loads;

/// <summary>A run's pages over <c>Load</c>, one sent behind the other, and its close.</summary>
internal static class PageLoads
{
    public const int PageRows = 1000;

    private static readonly ByteString ResourceName = ByteString.CopyFromUtf8(Row.ResourceName);
    private static long lastFence;

    /// <returns>One that Ingest takes for a connection's next.</returns>
    public static RunIdentity NewRun(Guid connection) => new()
    {
        RunId = Guid.CreateVersion7().ToString(),
        ConnectionId = connection.ToString(),
        Connection = $"connection-{connection}",
        Connector = "bench",
        Fence = Interlocked.Increment(ref lastFence),
    };

    public static IEnumerable<LoadMessage> Pages(IEnumerable<Row> rows)
    {
        var sequence = 0UL;
        foreach (var page in rows.Chunk(PageRows))
        {
            var objects = new ObjectPage
            {
                Objects =
                {
                    page.Select(row => new PageObject
                    {
                        RemoteId = ByteString.CopyFromUtf8(row.RemoteId),
                        ResourceName = ResourceName,
                        Uri = ByteString.CopyFromUtf8(row.Uri),
                        Metadata = ByteString.CopyFromUtf8(row.Metadata),
                    }),
                },
            };
            yield return new() { Page = new() { Sequence = ++sequence, Objects = objects.ToByteString() } };
        }
    }

    /// <returns>What the acknowledgements counted, once all have come.</returns>
    public static async Task<Counts> SendAsync(IngestProcess ingest, RunIdentity run, IEnumerable<LoadMessage> pages)
    {
        using var call = ingest.Client.Load(IngestProcess.Headers);
        await call.RequestStream.WriteAsync(new() { Open = new() { Run = run } });
        var sending = Task.Run(async () =>
        {
            var sent = 0;
            foreach (var page in pages)
            {
                await call.RequestStream.WriteAsync(page);
                sent++;
            }

            await call.RequestStream.CompleteAsync();
            return sent;
        });
        var sum = new Counts();
        var acknowledged = 0;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (call.ResponseStream.Current.Ack is not { } ack)
                continue;
            acknowledged++;
            sum.Inserted += ack.Counts.Inserted;
            sum.Updated += ack.Counts.Updated;
            sum.Unchanged += ack.Counts.Unchanged;
        }

        var all = await sending;
        return acknowledged == all ? sum : throw new InvalidOperationException($"{acknowledged} of {all} pages were acknowledged.");
    }

    /// <summary>The run has succeeded and has listed everything: what it did not send is deleted.</summary>
    public static async Task<Counts> CloseAsync(IngestProcess ingest, RunIdentity run) =>
        (await ingest.Client.CloseAsync(new() { Run = run, Outcome = Outcome.Succeeded, CompleteStreams = { "" } }, IngestProcess.Headers)).Counts;
}
