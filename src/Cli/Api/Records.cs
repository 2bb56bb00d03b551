using System.Text.Json;

namespace Platform.Cli.Api;

// What this client reads of the API's answers; unknown members are ignored, so that an older client goes on working.
internal sealed record Page(IReadOnlyList<JsonElement> Items, string? Next);

internal sealed record Connector(string Name, string? Description, string Source, string Uri, int Version, string Digest, string? Protocol, DateTimeOffset? InstalledAt);

internal sealed record ConnectorVersion(
    int Version, bool Current, string? State, string? DeclaredVersion, string Digest, long SizeBytes, string? SourceRevision, string? SourceDigest, DateTimeOffset? InstalledAt);

internal sealed record Install(
    Guid Id, string Connector, string? Kind, string State, string? Stage, int? Version, string? Digest, long? DoneBytes, long? TotalBytes,
    InstallError? Error, IReadOnlyList<InstallWarning>? Warnings, DateTimeOffset? CreatedAt)
{
    public bool Final => State is "succeeded" or "failed" or "cancelled";
}

internal sealed record InstallWarning(string Code, string Message, string? Remedy);

internal sealed record CatalogAnswer(IReadOnlyList<CatalogItem> Items, IReadOnlyList<CatalogIndex> Indexes);

internal sealed record CatalogItem(string Name, string? Description, string? Version, string Source, int? InstalledVersion);

internal sealed record CatalogIndex(string Source, long? AgeSeconds, int Connectors, IndexError? Error, IReadOnlyList<SkippedEntry> Skipped);

internal sealed record IndexError(string Code, string Message, string? Remedy);

internal sealed record SkippedEntry(int Position, string? Name, IReadOnlyList<EntryError> Errors);

internal sealed record EntryError(string Field, string Message);

internal sealed record AppliedLock(IReadOnlyList<AppliedConnector> Connectors, IReadOnlyList<string> NotInLock);

internal sealed record AppliedConnector(string Name, string Action, int? Version, Install? Install);

internal sealed record InstallError(string Code, string Message, string? Command, int? ExitCode, string? OutputTail, string? Remedy);

internal sealed record LogLine(string? Stream, string Text);

internal sealed record Connection(
    Guid Id, string Name, string Connector, bool? FullListing, double? MaxDeleteFraction, bool? ChangedEvents, DateTimeOffset? CreatedAt,
    IReadOnlyList<string>? Streams = null, int? MaxAttempts = null, int? FirstPageSeconds = null, int? IdleSeconds = null, int? TotalSeconds = null,
    string? Version = null, IReadOnlyDictionary<string, string>? Cursors = null, bool? AlwaysOn = null);

internal sealed record Run(
    Guid Id, string Connection, string? Connector, string State, string? Stage, int Attempt, string? Isolation, RunCounts? Counts,
    string? Result, bool? FullListing, RunError? Error, IReadOnlyList<RunWarning>? Warnings, DateTimeOffset? CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public bool Final => State is "succeeded" or "failed" or "cancelled";

    public long Bytes { get; init; }

    public double ObjectsPerSecond { get; init; }

    public string? WaitingFor { get; init; }

    public int? MaxAttempts { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }

    public RunError? LastError { get; init; }

    public string? ProgressMessage { get; init; }

    public double? ProgressFraction { get; init; }
}

internal sealed record RunLogLine(int Line, DateTimeOffset At, string Level, string Source, string Text);

internal sealed record Schedule(
    Guid Id, string Connection, string Name, string? Cron, string? Interval, string? TimeZone, bool Enabled, DateTimeOffset? NextFireAt, DateTimeOffset? LastFiredAt);

internal sealed record RunCounts(
    long Received, long Inserted, long Updated, long Unchanged, long Deleted, long Rejected, long Superseded, long Swept);

internal sealed record RunError(string Code, string Message, string? Remedy, string? Detail);

internal sealed record RunWarning(string Code, string Message, string? Remedy, string? Stream);

internal sealed record ObjectRow(string Connection, string? Stream, string RemoteId, string? ResourceName, string? Uri, string? Metadata, DateTimeOffset? UpdatedAt);

internal sealed record ConnectionState(string Connection, string Version, IReadOnlyList<StreamState> Streams);

internal sealed record StreamState(string Stream, long Size, JsonElement State, string? StateBase64, long Version, Guid? RunId, DateTimeOffset? UpdatedAt);

internal sealed record Reject(
    long Id, string? Connection, Guid RunId, string Stream, string Reason, string? RemoteId, long Size, bool Complete, DateTimeOffset? RejectedAt);

internal sealed record Replayed(string RemoteId, string Result);

internal sealed record ActionRow(string Name, string? Description, bool Mutates, bool Exclusive, bool Idempotent, JsonElement Parameters, JsonElement? Result);

internal sealed record Invocation(
    Guid Id, string Connection, string Action, string State, string? Outcome, string? Stage, int Attempts, InvocationProgress? Progress,
    JsonElement? Result, long? ResultBytes, InvocationError? Error, string? Actor, DateTimeOffset? CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public bool Final => Outcome is not null;
}

internal sealed record InvocationProgress(string Message, double? Fraction);

internal sealed record InvocationError(string Code, string Message, IReadOnlyList<Violation>? Violations, string? Remedy, string? Detail);

internal sealed record Violation(string Field, string Message);

internal sealed record CheckAnswer(bool Passed, IReadOnlyList<Check> Checks);

internal sealed record Check(string Name, bool Passed, string Message, string? Hint);
