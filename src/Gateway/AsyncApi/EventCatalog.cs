using Platform.Contracts;

namespace Platform.Gateway.AsyncApi;

/// <summary>Every type of event: its record, when it comes, and an example.</summary>
internal static class EventCatalog
{
    private static readonly Guid Run = Guid.Parse("0199f0c4-0000-7000-8000-000000000001");
    private static readonly Guid Connection = Guid.Parse("0199f0c3-0000-7000-8000-000000000001");
    private static readonly Guid Install = Guid.Parse("0199f0c2-0000-7000-8000-000000000001");
    private static readonly Guid Invocation = Guid.Parse("0199f0c5-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 11, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Start.AddSeconds(2);
    private static readonly SyncCounts Counts = new(4896, 4890, 0, 5, 0, 1, 0, 0);
    private static readonly EventError Error = new("source_unavailable", "The source did not answer.", "Try again later.");
    private const string Digest = "9f2c1b0e7a5d4c3b2a190817263544536271809f9e8d7c6b5a4f3e2d1c0b9a88";

    /// <param name="Source">As in cloudEvents_source.</param>
    /// <param name="Example">An instance of the record.</param>
    internal sealed record Entry(string Type, string Summary, string Source, object Example);

    public static IReadOnlyList<Entry> All { get; } =
    [
        new(EventTypes.ConnectorInstalled, "An install ended well: its version is the current one.", "/registry", new ConnectorInstalled(Install, "files", 1, Digest)),
        new(EventTypes.ConnectorInstallFailed, "An install failed, its version was rejected, or it was cancelled.", "/registry", new ConnectorInstallFailed(Install, "files", new("install_command_failed", "The install command ended with 1.", "Read the install's log."))),
        new(EventTypes.ConnectorRolledBack, "Another version was made the current one.", "/registry", new ConnectorRolledBack("files", 3, 2, Digest)),
        new(EventTypes.ConnectorDeleted, "A connector was removed with all of its versions.", "/registry", new ConnectorDeleted("files")),
        new(EventTypes.ConnectionCreated, "A connection was made.", "/registry", new ConnectionCreated(Connection, "docs", "files")),
        new(EventTypes.ConnectionUpdated, "Settings of a connection changed; their names are in changed.", "/registry", new ConnectionUpdated(Connection, "docs", "files", ["options"])),
        new(EventTypes.ConnectionDeleted, "A connection is gone; what it brought is purged.", "/registry", new ConnectionDeleted(Connection, "docs", "files")),
        new(EventTypes.SyncStarted, "A Runner took the run; again with every attempt.", $"/runner/runs/{Run}", new SyncStarted(Run, Connection, "docs", "files", 1, Start)),
        new(EventTypes.SyncProgressed, "At most once a second while a run is under way. The only type that may be lost.", $"/runner/runs/{Run}", new SyncProgressed(Run, Connection, "docs", "files", Counts, "syncing", 1_048_576, 2448.5)),
        new(EventTypes.SyncCompleted, "A run succeeded.", $"/ingest/runs/{Run}", new SyncCompleted(Run, Connection, "docs", "files", Counts, [], Start, End)),
        new(EventTypes.SyncFailed, "A run failed.", $"/ingest/runs/{Run}", new SyncFailed(Run, Connection, "docs", "files", Counts, Error, Start, End)),
        new(EventTypes.SyncCancelled, "A run was cancelled.", $"/ingest/runs/{Run}", new SyncCancelled(Run, Connection, "docs", "files", Counts, Start, End)),
        new(EventTypes.SyncSwept, "What a run's delete guard had held back was deleted on request.", $"/ingest/runs/{Run}", new SyncSwept(Run, Connection, "docs", "files", Counts with { Swept = 100 }, End)),
        new(EventTypes.ObjectsChanged, "Objects were inserted, updated or deleted; for connections with changed_events.", $"/ingest/runs/{Run}", new ObjectsChanged(Run, Connection, "docs", "files", "", [new("a.txt", "inserted"), new("b.txt", "updated"), new("c.txt", "deleted")])),
        new(EventTypes.ActionCompleted, "An action succeeded.", $"/runner/invocations/{Invocation}", new ActionCompleted(Invocation, Connection, "docs", "files", "rehash", "succeeded", 1, Start, End)),
        new(EventTypes.ActionFailed, "An action ended otherwise; refused arguments are a failed action too.", $"/runner/invocations/{Invocation}", new ActionFailed(Invocation, Connection, "docs", "files", "rehash", "rejected", 1, new("no_such_file", "There is no regular file a.txt below the root."), Start, End)),
    ];
}
