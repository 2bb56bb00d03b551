using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Invocations;

/// <summary>The section <c>Invocations</c>.</summary>
internal sealed class InvocationSettings
{
    public const string Section = "Invocations";

    /// <summary>Actions at the same time on this replica.</summary>
    [Range(1, 1000)]
    public int Concurrent { get; init; } = 8;

    /// <summary>Actions that wait on this replica, for a place or for their turn; more are refused.</summary>
    [Range(0, 10_000)]
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Mutating actions of one connection that wait for the one that is under way; more are refused.</summary>
    [Range(0, 1000)]
    public int MaxWaitingToMutate { get; init; } = 8;

    /// <summary>Seconds that an action waits for its turn.</summary>
    [Range(0.1, 3600)]
    public double TurnSeconds { get; init; } = 60;

    /// <summary>Seconds that an action may take from its turn on, all attempts together, where the request doesn't say.</summary>
    [Range(1, 24 * 3600)]
    public int TimeoutSeconds { get; init; } = 300;

    /// <summary>The most that a request may ask for instead of <see cref="TimeoutSeconds"/>.</summary>
    [Range(1, 24 * 3600)]
    public int MaxTimeoutSeconds { get; init; } = 3600;

    /// <summary>How often an idempotent action is tried, where its failures are transient.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Bytes of the largest result; above it the action fails.</summary>
    [Range(1024, 1 << 30)]
    public int MaxResultBytes { get; init; } = 64 << 20;

    /// <summary>Days that the records of ended invocations are kept, with their results.</summary>
    [Range(1, 3650)]
    public int KeepDays { get; init; } = 30;
}
