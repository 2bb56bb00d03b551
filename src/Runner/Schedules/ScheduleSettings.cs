using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Schedules;

/// <summary>The section <c>Schedules</c>.</summary>
internal sealed class ScheduleSettings
{
    public const string Section = "Schedules";

    /// <summary>The shortest interval in seconds; for a cron expression it is a minute in any case.</summary>
    [Range(1, 3600)]
    public int MinimumSeconds { get; init; } = 10;

    /// <summary>Seconds between two signs of life of a replica; after three times as long without one the others take up its fires.</summary>
    [Range(1, 60)]
    public int CheckInSeconds { get; init; } = 5;

    /// <summary>Seconds between two comparisons of the schedules with Quartz's tables; a replica without any takes part at the first one after another made some.</summary>
    [Range(1, 3600)]
    public int ReconcileSeconds { get; init; } = 60;
}
