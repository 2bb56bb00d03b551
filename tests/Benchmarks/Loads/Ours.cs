using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Objects.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Benchmarks.Loads;

/// <summary>Pages over <c>Load</c>, as the Runner sends them; the time is that from Open to the last acknowledgement.</summary>
/// <param name="connections">Load at once, each with its share of the rows.</param>
internal sealed class Ours(string name, LoadTable table, IngestProcess ingest, int connections) : LoadContestant(name, table)
{
    public const int PageRows = 1000;

    private static long lastFence;

    protected override int ConnectionCount => connections;

    protected override Task<Func<Task>> PrepareAsync(Load load)
    {
        var loads = Connections.Select((connection, i) => (connection, Pages: Pages(RowsOf(load, i)))).ToArray();
        return Task.FromResult<Func<Task>>(async () =>
        {
            var counts = await Task.WhenAll(loads.Select(each => Task.Run(() => SendAsync(each.connection, each.Pages))));
            var (inserted, updated, unchanged) = (counts.Sum(c => c.Inserted), counts.Sum(c => c.Updated), counts.Sum(c => c.Unchanged));
            if ((inserted, updated, unchanged) != (load.Inserted, load.Updated, load.Rows - load.Inserted - load.Updated))
                throw new InvalidOperationException($"{Name}, {load}: Ingest counted {inserted} inserted, {updated} updated, {unchanged} unchanged of {load.Rows}.");
        });
    }

    private static List<LoadMessage> Pages(IEnumerable<Row> rows)
    {
        var resource = ByteString.CopyFromUtf8(Row.ResourceName);
        var sequence = 0UL;
        return [.. rows.Chunk(PageRows).Select(page => new LoadMessage
        {
            Page = new()
            {
                Sequence = ++sequence,
                Objects = new ObjectPage
                {
                    Objects =
                    {
                        page.Select(row => new PageObject
                        {
                            RemoteId = ByteString.CopyFromUtf8(row.RemoteId),
                            ResourceName = resource,
                            Uri = ByteString.CopyFromUtf8(row.Uri),
                            Metadata = ByteString.CopyFromUtf8(row.Metadata),
                        }),
                    },
                }.ToByteString(),
            },
        })];
    }

    private async Task<Counts> SendAsync(Guid connection, List<LoadMessage> pages)
    {
        using var call = ingest.Client.Load(IngestProcess.Headers);
        await call.RequestStream.WriteAsync(new()
        {
            Open = new()
            {
                Run = new()
                {
                    RunId = Guid.CreateVersion7().ToString(),
                    ConnectionId = connection.ToString(),
                    Connection = $"connection-{connection}",
                    Connector = "bench",
                    Fence = Interlocked.Increment(ref lastFence),
                },
            },
        });
        var sending = Task.Run(async () =>
        {
            foreach (var page in pages)
                await call.RequestStream.WriteAsync(page);
            await call.RequestStream.CompleteAsync();
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

        await sending;
        return acknowledged == pages.Count ? sum : throw new InvalidOperationException($"{Name}: {acknowledged} of {pages.Count} pages were acknowledged.");
    }
}
