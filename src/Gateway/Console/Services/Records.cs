using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Services;

// What the pages read of the services' answers; members that are not here are ignored.
public sealed record ConnectorRow(string Name, string? Description, string Source, string Uri, int Version, string? Protocol, DateTimeOffset InstalledAt);

public sealed record ConnectorVersion(int Version, bool Current, string State, string? DeclaredVersion, string Digest, long SizeBytes, DateTimeOffset InstalledAt);

public sealed record SpecificationView(string Connector, int Version, string? Protocol, ConnectorSpecification? Specification);

public sealed record InstallRow(
    Guid Id, string Connector, string Kind, string State, string? Stage, int? Version, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, InstallError? Error,
    IReadOnlyList<Warning>? Warnings)
{
    public bool IsOver => State is "succeeded" or "failed" or "cancelled";
}

public sealed record InstallError(string Code, string Message, string? Command, int? ExitCode, string? OutputTail, string? Remedy);

public sealed record Warning(string Code, string Message, string? Remedy, string? Stream = null);

public sealed record CatalogAnswer(IReadOnlyList<CatalogItem> Items);

public sealed record CatalogItem(string Name, string? Description, string? Version, string Source, int? InstalledVersion);

public sealed record ConnectionRow(
    Guid Id, string Name, string Connector, bool FullListing, double? MaxDeleteFraction, bool ChangedEvents, IReadOnlyList<string> Streams, int? MaxAttempts,
    int? FirstPageSeconds, int? IdleSeconds, int? TotalSeconds, IReadOnlyDictionary<string, string> Cursors, bool AlwaysOn, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? Version = null, JsonObject? Options = null,
    IReadOnlyList<FieldError>? OptionsErrors = null);

public sealed record CheckAnswer(bool Passed, IReadOnlyList<Check> Checks, string? Isolation);

public sealed record Check(string Name, bool Passed, string Message, string? Hint);

public sealed record RunRow(
    Guid Id, string Connection, string Connector, int? Version, string State, string? Stage, int Attempt, int? MaxAttempts, DateTimeOffset? NextAttemptAt, Failure? LastError,
    bool FromStart, string? WaitingFor, double ObjectsPerSecond, string? ProgressMessage, double? ProgressFraction, string? Isolation, RunCounts Counts, long Bytes, long Pages,
    string? Result, Failure? Error, IReadOnlyList<Warning>? Warnings, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? Actor)
{
    public bool IsOver => State is "succeeded" or "failed" or "cancelled";

    /// <summary>Null: it has not begun, or not ended.</summary>
    public TimeSpan? Took => FinishedAt - StartedAt;
}

public sealed record RunCounts(long Received, long Inserted, long Updated, long Unchanged, long Deleted, long Rejected, long Superseded, long Swept);

public sealed record Failure(string Code, string Message, string? Remedy, string? Detail);

public sealed record ObjectRow(
    string Connection, string Stream, string RemoteId, string ResourceName, string Uri, string Metadata, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    DateTimeOffset? DeletedAt, long ChangeSeq);

public sealed record ActionRow(string Name, string? Description, bool Mutates, bool Exclusive, bool Idempotent, JsonElement Parameters, JsonElement? Result);

public sealed record InvocationRow(
    Guid Id, string Connection, string Connector, int? Version, string Action, string State, string? Outcome, string? Stage, int Attempts, JsonElement? Arguments,
    InvocationProgress? Progress, string? Isolation, JsonElement? Result, long? ResultBytes, string? ResultLocation, InvocationError? Error, string? Actor,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public bool IsOver => Outcome is not null;
}

public sealed record InvocationProgress(string Message, double? Fraction);

public sealed record InvocationError(string Code, string Message, bool Retryable, IReadOnlyList<Violation>? Violations, string? Remedy, string? Detail);

public sealed record Violation(string Field, string Message);

public sealed record ScheduleRow(
    Guid Id, string Connection, string Name, string? Cron, string? Interval, string TimeZone, int JitterSeconds, bool Enabled, DateTimeOffset? NextFireAt,
    DateTimeOffset? LastFiredAt, Guid? LastRunId);
