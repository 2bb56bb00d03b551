using Asked = Platform.Registry.V1.ConnectorLimits;

namespace Platform.Runner.Processes;

// Apart, as another service compiles the rest of it too.
internal sealed partial record LaunchLimits
{
    private const int MaxStartSeconds = 3600;

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
