using System.ComponentModel.DataAnnotations;

namespace Platform.Runner;

/// <summary>The section <c>Runner</c>.</summary>
internal sealed class RunnerSettings
{
    public const string Section = "Runner";

    /// <summary>Runs at the same time on this replica.</summary>
    [Range(1, 1000)]
    public int ConcurrentRuns { get; init; } = 4;

    /// <summary>Seconds between two looks for queued and abandoned runs that no message announced.</summary>
    [Range(0.1, 60)]
    public double SweepSeconds { get; init; } = 2;

    /// <summary>Seconds that running connectors get to finish when the Runner is stopped.</summary>
    [Range(0, 600)]
    public double DrainSeconds { get; init; } = 5;

    /// <summary>Attempts of a run that fails for reasons that may pass, where its connection doesn't say.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Seconds before the second attempt at most: half of it to all of it, at random.</summary>
    [Range(0, 3600)]
    public double RetryFirstSeconds { get; init; } = 5;

    /// <summary>How much longer each further pause is.</summary>
    [Range(1, 10)]
    public double RetryFactor { get; init; } = 4;

    /// <summary>Seconds of the longest pause.</summary>
    [Range(0, 24 * 3600)]
    public double RetryLongestSeconds { get; init; } = 300;
}
