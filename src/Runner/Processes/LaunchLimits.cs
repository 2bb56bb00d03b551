namespace Platform.Runner.Processes;

/// <summary>What binds a connector: what its manifest asks for within the ceilings of <c>ConnectorSettings</c>, else the settings.</summary>
/// <param name="MemoryMegabytes">MiB, resident, of all its processes together.</param>
/// <param name="Processes">Processes and threads together.</param>
/// <param name="Start">From the start of its process to its handshake.</param>
internal sealed partial record LaunchLimits(int MemoryMegabytes, int Processes, TimeSpan Start)
{
    public const int DefaultOpenFiles = 4096;
    public const int DefaultDiskMegabytes = 1024;
    public const int DefaultCpuWeight = 100;

    /// <summary>Of one process.</summary>
    public int OpenFiles { get; init; } = DefaultOpenFiles;

    /// <summary>MiB in the private folder.</summary>
    public int DiskMegabytes { get; init; } = DefaultDiskMegabytes;

    /// <summary>As in cgroups of version 2: 100 is the weight of any group.</summary>
    public int CpuWeight { get; init; } = DefaultCpuWeight;

    /// <summary>Of one processor; 0: no limit.</summary>
    public int CpuPercent { get; init; }

    public GroupLimits Group => new(MemoryBytes, Processes, CpuWeight, CpuPercent);

    public long DiskBytes => (long)DiskMegabytes << 20;

    public long MemoryBytes => (long)MemoryMegabytes << 20;
}
