using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Drivers.Servers;

/// <summary>The section <c>Services</c>: servers of described services, containers or not, that this Runner keeps warm.</summary>
internal sealed class ServerSettings
{
    public const string Section = "Services";

    /// <summary>Seconds that a server is kept which nobody uses.</summary>
    [Range(0, 24 * 3600)]
    public double IdleSeconds { get; init; } = 300;

    /// <summary>Servers at the same time. For another one the idle one is ended that was used longest ago; where none is idle, the call waits.</summary>
    [Range(1, 1000)]
    public int MaxWarm { get; init; } = 16;

    /// <summary>Seconds that a service gets between SIGTERM and SIGKILL.</summary>
    [Range(0, 600)]
    public double GraceSeconds { get; init; } = 5;

    /// <summary>Seconds between two looks for containers of Runners that are no more.</summary>
    [Range(1, 3600)]
    public double SweepSeconds { get; init; } = 60;

    /// <summary>Where packaged connectors send their spans, as a URL that containers reach; null: where this Runner sends its own, if it does.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Seconds that a packaged connector may be silent in an answer, and before it.</summary>
    [Range(1, 24 * 3600)]
    public double SilenceSeconds { get; init; } = 300;

    /// <summary>Bytes of the largest answer that a packaged connector may give: to a query, or a page of a collection.</summary>
    [Range(1024, int.MaxValue / 2)]
    public long MaxAnswerBytes { get; init; } = 64 << 20;

    /// <summary>Rows that a sync asks a collection for at once.</summary>
    [Range(1, 100_000)]
    public int PageRows { get; init; } = 1000;
}
