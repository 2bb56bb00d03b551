using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Queries;

/// <summary>The section <c>Queries</c>: queries that are passed on to connectors.</summary>
internal sealed class QuerySettings
{
    public const string Section = "Queries";

    /// <summary>At the same time on this replica; more wait for their turn.</summary>
    [Range(1, 1000)]
    public int Concurrent { get; init; } = 32;

    /// <summary>Seconds that one waits for its turn.</summary>
    [Range(0, 60)]
    public double TurnSeconds { get; init; } = 5;

    /// <summary>Seconds that one may take, with the start of the connector, until its answer begins.</summary>
    [Range(1, 3600)]
    public double TimeoutSeconds { get; init; } = 120;
}
