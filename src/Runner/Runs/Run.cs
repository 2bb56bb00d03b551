using System.Diagnostics;
using System.Text.Json;
using Platform.Contracts;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

internal static class RunState
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    public static readonly string[] All = [Queued, Running, Succeeded, Failed, Cancelled];

    public static bool IsFinal(string state) => state is not (Queued or Running);
}

internal static class RunStage
{
    public const string Starting = "starting";
    public const string Syncing = "syncing";
    public const string Closing = "closing";
}

/// <summary>A row of <c>runs</c>.</summary>
internal sealed class Run
{
    public Guid Id { get; init; }
    public Guid ConnectionId { get; init; }
    public string Connection { get; init; } = "";
    public string Connector { get; init; } = "";
    public int? Version { get; init; }
    public string State { get; init; } = "";
    public string? Stage { get; init; }
    public int Attempt { get; init; }
    public long? Fence { get; init; }
    public DateTimeOffset? CancelRequestedAt { get; init; }
    public string? Traceparent { get; init; }
    public long Received { get; init; }
    public long Inserted { get; init; }
    public long Updated { get; init; }
    public long Unchanged { get; init; }
    public long Deleted { get; init; }
    public long Rejected { get; init; }
    public long Superseded { get; init; }
    public long Swept { get; init; }
    public long Bytes { get; init; }
    public long Pages { get; init; }
    public string? Isolation { get; init; }
    public string? Result { get; init; }
    public bool FullListing { get; init; }
    public string Warnings { get; init; } = "[]";
    public int? MaxAttempts { get; init; }
    public DateTimeOffset? NextAttemptAt { get; init; }
    public string? AttemptError { get; init; }
    public int Stops { get; init; }
    public bool FromStart { get; init; }
    public string? WaitingFor { get; init; }
    public double ObjectsPerSecond { get; init; }
    public string? ProgressMessage { get; init; }
    public double? ProgressFraction { get; init; }
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }
    public string? ErrorRemedy { get; init; }
    public string? ErrorDetail { get; init; }
    public string? Actor { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Who writes, under the lease that this row holds.</summary>
    public RunIdentity Identity() => new()
    {
        RunId = Id.ToString(),
        ConnectionId = ConnectionId.ToString(),
        Connection = Connection,
        Connector = Connector,
        Fence = Fence ?? throw new InvalidOperationException("The run is not leased."),
    };

    /// <summary>What the row shows so far: for an attempt that is not the first, what those before it have brought.</summary>
    public LoadTotals Totals => new(new()
    {
        Received = Received,
        Inserted = Inserted,
        Updated = Updated,
        Unchanged = Unchanged,
        Deleted = Deleted,
        Rejected = Rejected,
        Superseded = Superseded,
        Swept = Swept,
    }, Pages, Bytes);

    /// <summary>Goes on with the trace of the request that asked for the run.</summary>
    public Activity? Continue(string name)
    {
        _ = ActivityContext.TryParse(Traceparent, null, isRemote: true, out var parent);
        return PlatformActivity.Source.StartActivity(name, ActivityKind.Consumer, parent)?.SetTag("platform.run", Id);
    }

    public RunView View() => new(
        Id, Connection, ConnectionId, Connector, Version, State, Stage, Attempt, MaxAttempts, NextAttemptAt, RunErrorView.Parse(AttemptError), FromStart,
        State == RunState.Queued ? WaitingFor ?? Runs.WaitingFor.Slot : NextAttemptAt < DateTimeOffset.UtcNow ? Runs.WaitingFor.Slot : WaitingFor,
        ObjectsPerSecond, ProgressMessage, ProgressFraction, Isolation,
        new(Received, Inserted, Updated, Unchanged, Deleted, Rejected, Superseded, Swept), Bytes, Pages, Result, FullListing,
        ErrorCode is null ? null : new(ErrorCode, ErrorMessage ?? "", ErrorRemedy, ErrorDetail), RunWarningView.Parse(Warnings),
        CreatedAt, StartedAt, FinishedAt, Actor);
}

/// <summary>A run as the API shows it.</summary>
/// <param name="Version">The connector's version that ran; null until the run has started.</param>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Stage">starting, syncing or closing while it runs.</param>
/// <param name="Attempt">The present one, or the last, from 1; 0 until the run has started.</param>
/// <param name="MaxAttempts">How many there may be; null until the run has started.</param>
/// <param name="NextAttemptAt">Set while the run waits for its next attempt.</param>
/// <param name="LastError">Why the attempt before the present or the coming one failed.</param>
/// <param name="FromStart">The run begins anew, whatever states are stored.</param>
/// <param name="WaitingFor">Why nothing moves: connector, ingest, database, broker, or slot for a run that may not begin yet; null: nothing is waited for.</param>
/// <param name="ObjectsPerSecond">Over the last seconds; 0 when it does not run.</param>
/// <param name="ProgressMessage">Where the connector says that it is.</param>
/// <param name="ProgressFraction">How far, from 0 to 1; null when it doesn't say.</param>
/// <param name="Isolation">How the connector was kept apart, such as <c>bwrap+cgroup2</c> or <c>process-group</c>.</param>
/// <param name="Bytes">Of the pages as the connector sent them.</param>
/// <param name="Result">The connector's closing words.</param>
/// <param name="FullListing">The run listed everything there is, as its connector or its connection says: what it did not send is deleted.</param>
/// <param name="Warnings">What a person should look at although the run succeeded.</param>
internal sealed record RunView(
    Guid Id, string Connection, Guid ConnectionId, string Connector, int? Version, string State, string? Stage, int Attempt,
    int? MaxAttempts, DateTimeOffset? NextAttemptAt, RunErrorView? LastError, bool FromStart, string? WaitingFor, double ObjectsPerSecond, string? ProgressMessage, double? ProgressFraction, string? Isolation,
    SyncCounts Counts, long Bytes, long Pages, string? Result, bool FullListing, RunErrorView? Error, IReadOnlyList<RunWarningView> Warnings,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? Actor);

/// <param name="Detail">The connector's last words.</param>
internal sealed record RunErrorView(string Code, string Message, string? Remedy, string? Detail)
{
    private const string TriedAgain = "Nothing to do: the run is tried again by itself.";

    /// <summary>As the column <c>attempt_error</c> keeps it, whatever there is to do once the last attempt has failed.</summary>
    public static string ToJson(RunFault fault) => JsonSerializer.Serialize(
        new RunErrorView(fault.Code, Storable(fault.Message)!, TriedAgain, Storable(fault.Detail)), PlatformJson.Options);

    public static RunErrorView? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<RunErrorView>(json, PlatformJson.Options);

    // jsonb refuses it.
    private static string? Storable(string? text) => text?.Replace("\0", "", StringComparison.Ordinal);
}
