using System.Diagnostics.Metrics;

namespace Platform.Ingest;

/// <summary>The counts of closed runs as a metric, the same numbers as in table, answer and event.</summary>
internal static class ObjectCounter
{
    public const string Name = "platform.ingest.objects";

    private static readonly Counter<long> Objects = new Meter("Platform").CreateCounter<long>(
        Name, "{object}", "Objects of closed runs, by what became of them; received is the sum of the others but swept");

    /// <summary>Once for each decision: by the call that has committed it.</summary>
    public static void Add(WriterIdentity writer, in Tally counts)
    {
        Add(writer, "received", counts.Received);
        Add(writer, "inserted", counts.Inserted);
        Add(writer, "updated", counts.Updated);
        Add(writer, "unchanged", counts.Unchanged);
        Add(writer, "deleted", counts.Deleted);
        Add(writer, "rejected", counts.Rejected);
        Add(writer, "superseded", counts.Superseded);
        Add(writer, "swept", counts.Swept);
    }

    private static void Add(WriterIdentity writer, string result, long count)
    {
        if (count > 0)
            Objects.Add(count, new("connection", writer.Connection), new("connector", writer.Connector), new("result", result));
    }
}
