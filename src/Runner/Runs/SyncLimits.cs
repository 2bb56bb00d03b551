using Platform.Registry.V1;

namespace Platform.Runner.Runs;

/// <summary>How long one attempt may take: what its connection asks for within the ceilings of <see cref="ConnectorSettings"/>, else the settings.</summary>
/// <param name="FirstPage">From the connector's start to its first page, or the end of its sync.</param>
/// <param name="Idle">Between two signs of life after the first.</param>
/// <param name="Total">Of the sync.</param>
internal sealed record SyncLimits(TimeSpan FirstPage, TimeSpan Idle, TimeSpan Total)
{
    /// <param name="policy">Null, or without a member: the setting.</param>
    /// <exception cref="RunFaultException">limits_too_high, with every limit that is.</exception>
    public static SyncLimits Of(ConnectorSettings settings, RunPolicy? policy)
    {
        policy ??= new();
        List<string> tooHigh = [];
        var firstPage = Bounded("first_page_seconds", policy.HasFirstPageSeconds, policy.FirstPageSeconds, settings.FirstPageTimeoutSeconds, settings.QuietCeilingSeconds, "Connectors:QuietCeilingSeconds");
        var idle = Bounded("idle_seconds", policy.HasIdleSeconds, policy.IdleSeconds, settings.IdleTimeoutSeconds, settings.QuietCeilingSeconds, "Connectors:QuietCeilingSeconds");
        var total = Bounded("total_seconds", policy.HasTotalSeconds, policy.TotalSeconds, settings.SyncTimeoutSeconds, settings.SyncTimeoutCeilingSeconds, "Connectors:SyncTimeoutCeilingSeconds");
        return tooHigh.Count > 0 ? throw Faults.LimitsTooHigh(tooHigh, of: "connection") : new(firstPage, idle, total);

        TimeSpan Bounded(string name, bool given, int value, int setting, int ceiling, string nameOfCeiling)
        {
            // What every connection gets without asking is never too much.
            if (given && value > Math.Max(ceiling, setting))
                tooHigh.Add($"{name} is {value}, at most {Math.Max(ceiling, setting)} ({nameOfCeiling})");
            return TimeSpan.FromSeconds(given ? value : setting);
        }
    }
}
