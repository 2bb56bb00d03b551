using Asked = Platform.Registry.V1.ConnectorLimits;

namespace Platform.Runner.Processes;

/// <summary>What binds a connector: what its manifest asks for within the ceilings of <see cref="ConnectorSettings"/>, else the settings.</summary>
/// <param name="MemoryMegabytes">MiB, resident, of all its processes together.</param>
/// <param name="Processes">Processes and threads together.</param>
/// <param name="Start">From the start of its process to its handshake.</param>
internal sealed record LaunchLimits(int MemoryMegabytes, int Processes, TimeSpan Start)
{
    public const int DefaultOpenFiles = 4096;
    public const int DefaultDiskMegabytes = 1024;
    public const int DefaultCpuWeight = 100;
    private const int MaxStartSeconds = 3600;

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

    /// <param name="asked">Null, or without a member: the setting.</param>
    /// <exception cref="RunFaultException">limits_too_high, with every limit that is.</exception>
    public static LaunchLimits Of(ConnectorSettings settings, Asked? asked = null)
    {
        asked ??= new();
        List<string> tooHigh = [];
        // What every connector gets without asking is never too much.
        Check("memory_mb", asked.HasMemoryMb, asked.MemoryMb, Math.Max(settings.MemoryCeilingMegabytes, settings.MemoryLimitMegabytes), "Connectors:MemoryCeilingMegabytes");
        Check("processes", asked.HasProcesses, asked.Processes, Math.Max(settings.ProcessesCeiling, settings.MaxProcesses), "Connectors:ProcessesCeiling");
        Check("start_seconds", asked.HasStartSeconds, asked.StartSeconds, MaxStartSeconds, null);
        return tooHigh.Count > 0
            ? throw Faults.LimitsTooHigh(tooHigh)
            : new(
                asked.HasMemoryMb ? asked.MemoryMb : settings.MemoryLimitMegabytes,
                asked.HasProcesses ? asked.Processes : settings.MaxProcesses,
                TimeSpan.FromSeconds(asked.HasStartSeconds ? asked.StartSeconds : settings.StartTimeoutSeconds))
            {
                OpenFiles = settings.MaxOpenFiles,
                DiskMegabytes = settings.DiskLimitMegabytes,
                CpuWeight = settings.CpuWeight,
                CpuPercent = settings.CpuPercent,
            };

        void Check(string name, bool given, int value, int ceiling, string? setting)
        {
            if (given && value > ceiling)
                tooHigh.Add($"{name} is {value}, at most {ceiling}{(setting is null ? "" : $" ({setting})")}");
        }
    }
}
