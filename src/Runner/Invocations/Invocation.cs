using System.Diagnostics;
using System.Text.Json;
using Platform.Runner.Drivers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>What becomes of an invocation; all but the first two are outcomes, and final.</summary>
internal static class InvocationState
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    /// <summary>The arguments or the options were at fault; nothing was done.</summary>
    public const string Rejected = "rejected";
    public const string Failed = "failed";
    /// <summary>It failed, and the same again may succeed.</summary>
    public const string Transient = "transient";
    /// <summary>It took too long; whether it had an effect is not known.</summary>
    public const string TimedOut = "timed-out";
    /// <summary>Ended on request; whether it had an effect is not known once it had started.</summary>
    public const string Cancelled = "cancelled";
    /// <summary>The connector or its Runner was gone before there was an answer; whether it had an effect is not known.</summary>
    public const string Lost = "lost";

    public static readonly string[] All = [Queued, Running, Succeeded, Rejected, Failed, Transient, TimedOut, Cancelled, Lost];

    public static bool IsFinal(string state) => state is not (Queued or Running);
}

internal static class InvocationStage
{
    public const string Starting = "starting";
    public const string Acting = "acting";
    public const string Retrying = "retrying";
}

/// <summary>A row of <c>invocations</c>.</summary>
internal sealed record Invocation
{
    public Guid Id { get; init; }
    public Guid ConnectionId { get; init; }
    public string Connection { get; init; } = "";
    public string Connector { get; init; } = "";
    public int? Version { get; init; }
    public string? Digest { get; init; }
    public string Action { get; init; } = "";
    /// <summary>Null in lists.</summary>
    public string? Arguments { get; init; }
    public bool Mutates { get; init; }
    public bool Exclusive { get; init; }
    public string State { get; init; } = "";
    public string? Stage { get; init; }
    public int Attempt { get; init; }
    public DateTimeOffset? CancelRequestedAt { get; init; }
    public string? IdempotencyKey { get; init; }
    public byte[]? IdempotencyHash { get; init; }
    public string? ProgressMessage { get; init; }
    public double? ProgressFraction { get; init; }
    public string? Isolation { get; init; }
    /// <summary>Null in lists, and where it is large.</summary>
    public string? Result { get; init; }
    public long? ResultBytes { get; init; }
    public string? Error { get; init; }
    public string? Actor { get; init; }
    public string? Traceparent { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    public bool IsFinal => InvocationState.IsFinal(State);

    /// <summary>Goes on with the trace of the request that asked for it.</summary>
    public Activity? Continue(string name)
    {
        _ = ActivityContext.TryParse(Traceparent, null, isRemote: true, out var parent);
        return PlatformActivity.Source.StartActivity(name, ActivityKind.Internal, parent)?.SetTag("platform.invocation", Id);
    }

    public InvocationView View() => new(
        Id, Connection, ConnectionId, Connector, Version, Action, State, IsFinal ? State : null, Stage, Attempt, Parsed(Arguments),
        ProgressMessage is null && ProgressFraction is null ? null : new(ProgressMessage ?? "", ProgressFraction), Isolation,
        Parsed(Result), ResultBytes, ResultBytes is null ? null : $"/v1/invocations/{Id}/result",
        Error is null ? null : JsonSerializer.Deserialize<InvocationError>(Error, PlatformJson.Options), Actor, CreatedAt, StartedAt, FinishedAt);

    private static JsonElement? Parsed(string? json) => json is null ? null : JsonElement.Parse(json);
}

/// <summary>An invocation as the API shows it.</summary>
/// <param name="Version">The connector's version that is asked.</param>
/// <param name="State">queued, running, or the outcome.</param>
/// <param name="Outcome">succeeded, rejected, failed, transient, timed-out, cancelled or lost; null until it has ended.</param>
/// <param name="Stage">starting, acting or retrying while it runs.</param>
/// <param name="Attempts">How often the connector was started for it.</param>
/// <param name="Arguments">With defaults applied, values of secret parameters masked. Null in lists and progress.</param>
/// <param name="Isolation">How the connector was kept apart, such as <c>bwrap+cgroup2</c> or <c>process-group</c>.</param>
/// <param name="Result">What the connector answered. Null in lists and progress, and where it is larger than 1 MiB or nested deeply: then <paramref name="ResultLocation"/> has it.</param>
/// <param name="ResultBytes">Its length; null: there is none.</param>
/// <param name="ResultLocation">Where it can be downloaded, whatever its length.</param>
internal sealed record InvocationView(
    Guid Id, string Connection, Guid ConnectionId, string Connector, int? Version, string Action, string State, string? Outcome, string? Stage, int Attempts,
    JsonElement? Arguments, ProgressView? Progress, string? Isolation, JsonElement? Result, long? ResultBytes, string? ResultLocation, InvocationError? Error,
    string? Actor, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);

/// <param name="Message">What the connector says it is at.</param>
/// <param name="Fraction">How far it is, 0 to 1; null: not said.</param>
internal sealed record ProgressView(string Message, double? Fraction);

/// <param name="Code">The platform's, or the connector's own.</param>
/// <param name="Retryable">The same again may succeed.</param>
/// <param name="Violations">The arguments, or options, that are at fault.</param>
/// <param name="Detail">The connector's last words.</param>
internal sealed record InvocationError(
    string Code, string Message, bool Retryable, IReadOnlyList<FieldViolation> Violations, string? Remedy = null, string? Detail = null);
