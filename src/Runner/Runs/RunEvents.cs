using Platform.Contracts;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

internal static class RunEvents
{
    public static string Source(Guid run) => $"/runner/runs/{run}";

    public static OutboxEvent Progressed(Run run, RunSigns signs) => new(
        Guid.CreateVersion7(), EventTypes.SyncProgressed, run.Connector, Source(run.Id),
        new SyncProgressed(
            run.Id, run.ConnectionId, run.Connection, run.Connector, CountsOf(signs.Totals.Counts), signs.Stage, signs.Totals.Bytes, signs.ObjectsPerSecond));

    private static SyncCounts CountsOf(Counts counts) => new(
        counts.Received, counts.Inserted, counts.Updated, counts.Unchanged, counts.Deleted, counts.Rejected, counts.Superseded, counts.Swept);
}
