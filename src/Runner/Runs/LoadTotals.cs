using Platform.Ingest.V1;

namespace Platform.Runner.Runs;

/// <param name="Bytes">Of the pages as they came.</param>
internal sealed record LoadTotals(Counts Counts, long Pages, long Bytes)
{
    public LoadTotals Plus(LoadTotals more) => Plus(more.Counts, more.Bytes) with { Pages = Pages + more.Pages };

    public LoadTotals Plus(Counts more, long bytes)
    {
        var sum = Counts.Clone();
        sum.Received += more.Received;
        sum.Inserted += more.Inserted;
        sum.Updated += more.Updated;
        sum.Unchanged += more.Unchanged;
        sum.Deleted += more.Deleted;
        sum.Rejected += more.Rejected;
        sum.Superseded += more.Superseded;
        sum.Swept += more.Swept;
        return new(sum, Pages + 1, Bytes + bytes);
    }
}
