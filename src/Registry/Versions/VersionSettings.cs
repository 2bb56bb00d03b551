using System.ComponentModel.DataAnnotations;

namespace Platform.Registry.Versions;

/// <summary>The section <c>Versions</c>.</summary>
internal sealed class VersionSettings
{
    public const string Section = "Versions";

    /// <summary>So many ready versions of a connector are kept, and as many rejected ones; the newest. Those in use are kept besides.</summary>
    [Range(1, 1000)]
    public int Keep { get; init; } = 5;

    /// <summary>Seconds that Runner may be away before a version can't be checked and its install fails.</summary>
    [Range(0, 24 * 3600)]
    public double CheckPatienceSeconds { get; init; } = 600;

    /// <summary>Seconds between two attempts to reach a Runner that is away.</summary>
    [Range(0.05, 60)]
    public double CheckPauseSeconds { get; init; } = 2;

    /// <summary>Seconds that one check may take, the Runner's download of the bundle included; longer by what the manifest gives the start.</summary>
    [Range(1, 24 * 3600)]
    public int CheckTimeoutSeconds { get; init; } = 900;

    /// <summary>Seconds that a bundle stays after its last version is gone: a Runner may just have been told to start it.</summary>
    [Range(0, 24 * 3600)]
    public double BundleGraceSeconds { get; init; } = 60;
}
