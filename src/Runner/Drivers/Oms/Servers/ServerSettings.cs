using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Drivers.Oms.Servers;

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
}
