using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Checks;

/// <summary>The section <c>Checks</c>.</summary>
internal sealed class CheckSettings
{
    public const string Section = "Checks";

    /// <summary>Seconds that a check may take, from the start of the connector to its answer.</summary>
    [Range(1, 3600)]
    public int TimeoutSeconds { get; init; } = 60;

    /// <summary>Connections that are checked at the same time on this replica, beside runs and actions.</summary>
    [Range(1, 1000)]
    public int Concurrent { get; init; } = 4;

    /// <summary>Seconds that a check waits for its turn.</summary>
    [Range(0, 3600)]
    public int TurnSeconds { get; init; } = 30;
}
