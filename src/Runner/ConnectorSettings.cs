using System.ComponentModel.DataAnnotations;
using Platform.Runner.Processes;

namespace Platform.Runner;

/// <summary>How connectors are started and held in bounds: the section <c>Connectors</c>.</summary>
internal sealed class ConnectorSettings
{
    public const string Section = "Connectors";

    /// <summary>Seconds from the start of the process to its handshake, where the manifest doesn't say.</summary>
    [Range(1, 3600)]
    public int StartTimeoutSeconds { get; init; } = 60;

    /// <summary>
    /// Seconds that one sync may take: the deadline of the call. A connector that hangs is told by nothing else from one
    /// whose source is slow.
    /// </summary>
    [Range(1, 20 * 24 * 3600)]
    public int SyncTimeoutSeconds { get; init; } = 24 * 3600;

    /// <summary>The most that a connection may ask for instead of <see cref="SyncTimeoutSeconds"/>.</summary>
    [Range(1, 20 * 24 * 3600)]
    public int SyncTimeoutCeilingSeconds { get; init; } = 7 * 24 * 3600;

    /// <summary>Seconds from the connector's start to its first page, or the end of its sync, where the connection doesn't say.</summary>
    [Range(1, 20 * 24 * 3600)]
    public int FirstPageTimeoutSeconds { get; init; } = 3600;

    /// <summary>Seconds between two signs of life of a sync (pages, states, progress), where the connection doesn't say. What Ingest needs doesn't count.</summary>
    [Range(1, 20 * 24 * 3600)]
    public int IdleTimeoutSeconds { get; init; } = 3600;

    /// <summary>The most that a connection may ask for instead of <see cref="FirstPageTimeoutSeconds"/> and <see cref="IdleTimeoutSeconds"/>.</summary>
    [Range(1, 20 * 24 * 3600)]
    public int QuietCeilingSeconds { get; init; } = 24 * 3600;

    /// <summary>Seconds that a connector gets between being told to end and being killed.</summary>
    [Range(0, 60)]
    public double GraceSeconds { get; init; } = 2;

    /// <summary>Absolute paths that every connector may read, besides /usr and /etc. Absent ones are skipped.</summary>
    public string[] ReadablePaths { get; init; } = [];

    /// <summary>Bytes of the largest page; above it the run fails.</summary>
    [Range(1024, int.MaxValue)]
    public int MaxMessageBytes { get; init; } = 80 << 20;

    /// <summary>Resident memory of all processes of a run together, in MiB, where the manifest doesn't say.</summary>
    [Range(16, 1 << 20)]
    public int MemoryLimitMegabytes { get; init; } = 1024;

    /// <summary>The most that a manifest may ask for instead of <see cref="MemoryLimitMegabytes"/>, in MiB.</summary>
    [Range(16, 1 << 20)]
    public int MemoryCeilingMegabytes { get; init; } = 8192;

    /// <summary>Processes and threads of a run together. The manifest may say another number.</summary>
    [Range(8, 1 << 20)]
    public int MaxProcesses { get; init; } = 512;

    /// <summary>The most that a manifest may ask for instead of <see cref="MaxProcesses"/>.</summary>
    [Range(8, 1 << 20)]
    public int ProcessesCeiling { get; init; } = 4096;

    /// <summary>Files and sockets that one process of a connector may have open; not more than this service's own limit.</summary>
    [Range(64, 1 << 20)]
    public int MaxOpenFiles { get; init; } = LaunchLimits.DefaultOpenFiles;

    /// <summary>What a run's private folder may hold, in MiB; looked at twice a second. Its private /tmp has as much again.</summary>
    [Range(1, 1 << 20)]
    public int DiskLimitMegabytes { get; init; } = LaunchLimits.DefaultDiskMegabytes;

    /// <summary>A run's share of the processors where they are short, beside the 100 of any other group. Binds where a cgroup can be made.</summary>
    [Range(1, 10_000)]
    public int CpuWeight { get; init; } = LaunchLimits.DefaultCpuWeight;

    /// <summary>Per cent of one processor that a run may use at most; 0: no limit. Binds where a cgroup can be made.</summary>
    [Range(0, 100_000)]
    public int CpuPercent { get; init; }

    /// <summary>Search path of connectors.</summary>
    public string Path { get; init; } = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Where sockets and temporary files of runs live. Keep it short: a unix socket's path ends at 107 bytes.</summary>
    [Required]
    public string TemporaryDirectory { get; init; } = "/tmp";

    /// <summary>False: never use bubblewrap, even where it works.</summary>
    public bool UseBubblewrap { get; init; } = true;

    /// <summary>False: never make cgroups, even where it is allowed.</summary>
    public bool UseControlGroups { get; init; } = true;
}
