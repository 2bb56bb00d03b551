namespace Platform.Contracts;

/// <summary>Event types as they stand in <c>cloudEvents_type</c>; the routing key is the type and, where there is one, the connector's name.</summary>
public static class EventTypes
{
    public const string ConnectorInstalled = "connector.installed";
    public const string ConnectorInstallFailed = "connector.install-failed";
    public const string ConnectorRolledBack = "connector.rolled-back";
    public const string ConnectorDeleted = "connector.deleted";
    public const string ConnectionCreated = "connection.created";
    public const string ConnectionUpdated = "connection.updated";
    public const string ConnectionDeleted = "connection.deleted";
    public const string SyncStarted = "sync.started";
    public const string SyncProgressed = "sync.progressed";
    public const string SyncCompleted = "sync.completed";
    public const string SyncFailed = "sync.failed";
    public const string SyncCancelled = "sync.cancelled";
    public const string SyncSwept = "sync.swept";
    public const string ObjectsChanged = "objects.changed";
    public const string ActionCompleted = "action.completed";
    public const string ActionFailed = "action.failed";

    public static IReadOnlyList<string> All { get; } =
    [
        ConnectorInstalled, ConnectorInstallFailed, ConnectorRolledBack, ConnectorDeleted, ConnectionCreated, ConnectionUpdated, ConnectionDeleted,
        SyncStarted, SyncProgressed, SyncCompleted, SyncFailed, SyncCancelled, SyncSwept, ObjectsChanged, ActionCompleted, ActionFailed,
    ];
}

public sealed record ConnectorInstalled(Guid InstallId, string Connector, int Version, string Digest);

public sealed record ConnectorInstallFailed(Guid InstallId, string Connector, EventError Error);

/// <summary>Runs that start from now on take <paramref name="Version"/>; the other one is kept.</summary>
public sealed record ConnectorRolledBack(string Connector, int FromVersion, int Version, string Digest);

/// <summary>The connector is gone, with all of its versions.</summary>
public sealed record ConnectorDeleted(string Connector);

public sealed record ConnectionCreated(Guid ConnectionId, string Connection, string Connector);

/// <param name="Changed">The names of the settings that changed, such as <c>options</c>; never their values.</param>
public sealed record ConnectionUpdated(Guid ConnectionId, string Connection, string Connector, IReadOnlyList<string> Changed);

/// <summary>The connection is gone: its runs are cancelled, its schedules removed, its objects purged.</summary>
public sealed record ConnectionDeleted(Guid ConnectionId, string Connection, string Connector);

public sealed record SyncStarted(Guid RunId, Guid ConnectionId, string Connection, string Connector, int Attempt, DateTimeOffset StartedAt);

/// <summary>News at most once a second; may be lost.</summary>
/// <param name="Stage">starting, syncing or closing.</param>
/// <param name="Bytes">Of the pages as the connector sent them.</param>
/// <param name="ObjectsPerSecond">Over the last seconds.</param>
public sealed record SyncProgressed(
    Guid RunId, Guid ConnectionId, string Connection, string Connector, SyncCounts Counts, string Stage = "", long Bytes = 0, double ObjectsPerSecond = 0);

/// <param name="Warnings">What a person should look at, such as a sweep that the delete guard held back; mostly empty.</param>
public sealed record SyncCompleted(
    Guid RunId, Guid ConnectionId, string Connection, string Connector, SyncCounts Counts, IReadOnlyList<EventWarning> Warnings,
    DateTimeOffset? StartedAt, DateTimeOffset FinishedAt);

public sealed record SyncFailed(
    Guid RunId, Guid ConnectionId, string Connection, string Connector, SyncCounts Counts, EventError Error,
    DateTimeOffset? StartedAt, DateTimeOffset FinishedAt);

public sealed record SyncCancelled(
    Guid RunId, Guid ConnectionId, string Connection, string Connector, SyncCounts Counts,
    DateTimeOffset? StartedAt, DateTimeOffset FinishedAt);

/// <summary>The sweep that the delete guard had held back was carried out after the run; the counts are the run's, with it.</summary>
public sealed record SyncSwept(Guid RunId, Guid ConnectionId, string Connection, string Connector, SyncCounts Counts, DateTimeOffset SweptAt);

/// <summary>What a committed transaction changed, at most <see cref="MaxChanges"/> objects of one stream; for connections that ask for it.</summary>
public sealed record ObjectsChanged(
    Guid RunId, Guid ConnectionId, string Connection, string Connector, string Stream, IReadOnlyList<ObjectChange> Changes)
{
    public const int MaxChanges = 500;
}

/// <param name="Change">inserted, updated or deleted.</param>
public sealed record ObjectChange(string RemoteId, string Change);

/// <param name="Outcome">succeeded.</param>
public sealed record ActionCompleted(
    Guid InvocationId, Guid ConnectionId, string Connection, string Connector, string Action, string Outcome, int Attempts,
    DateTimeOffset? StartedAt, DateTimeOffset FinishedAt);

/// <param name="Outcome">rejected, failed, transient, timed-out, cancelled or lost.</param>
public sealed record ActionFailed(
    Guid InvocationId, Guid ConnectionId, string Connection, string Connector, string Action, string Outcome, int Attempts, EventError Error,
    DateTimeOffset? StartedAt, DateTimeOffset FinishedAt);

/// <summary>received = inserted + updated + unchanged + deleted + rejected + superseded; swept apart.</summary>
public sealed record SyncCounts(
    long Received, long Inserted, long Updated, long Unchanged, long Deleted, long Rejected, long Superseded, long Swept);

public sealed record EventWarning(string Code, string Stream, string Message, string Remedy);

public sealed record EventError(string Code, string Message, string? Remedy = null);
