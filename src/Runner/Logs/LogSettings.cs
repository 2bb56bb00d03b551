using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Logs;

/// <summary>How much is kept of what connectors write, in the section <c>Runner</c>.</summary>
internal sealed class LogSettings
{
    /// <summary>Days after which log lines are removed; the runs stay.</summary>
    [Range(1, 3650)]
    public int LogDays { get; init; } = 30;

    /// <summary>Lines kept of one run or invocation, over all its attempts: as many ordinary ones, and again as many warnings and errors.</summary>
    [Range(10, 1_000_000)]
    public int LogLines { get; init; } = 10_000;

    /// <summary>KiB kept likewise: as much of ordinary lines, and again as much of warnings and errors.</summary>
    [Range(1, 1 << 20)]
    public int LogKilobytes { get; init; } = 1024;
}
