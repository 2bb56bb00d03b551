namespace Platform.Benchmarks.Loads;

/// <summary>Pages over <c>Load</c>, as the Runner sends them; the time is that from Open to the last acknowledgement.</summary>
/// <param name="connections">Load at once, each with its share of the rows.</param>
internal sealed class Ours(string name, LoadTable table, IngestProcess ingest, int connections) : LoadContestant(name, table)
{
    protected override int ConnectionCount => connections;

    protected override TimeSpan ProcessorTime => ingest.ProcessorTime;

    protected override Task<Func<Task>> PrepareAsync(Load load)
    {
        var loads = Connections.Select((connection, i) => (Run: PageLoads.NewRun(connection), Pages: PageLoads.Pages(RowsOf(load, i)).ToList())).ToArray();
        return Task.FromResult<Func<Task>>(async () =>
        {
            var counts = await Task.WhenAll(loads.Select(each => Task.Run(() => PageLoads.SendAsync(ingest, each.Run, each.Pages))));
            var (inserted, updated, unchanged) = (counts.Sum(c => c.Inserted), counts.Sum(c => c.Updated), counts.Sum(c => c.Unchanged));
            if ((inserted, updated, unchanged) != (load.Inserted, load.Updated, load.Rows - load.Inserted - load.Updated))
                throw new InvalidOperationException($"{Name}, {load}: Ingest counted {inserted} inserted, {updated} updated, {unchanged} unchanged of {load.Rows}.");
        });
    }
}
