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
}
