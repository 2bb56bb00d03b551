namespace Platform.Benchmarks.Runs;

/// <summary>How often is measured.</summary>
/// <param name="AtOnce">Runs of as many connections that are started together.</param>
/// <param name="Idle">How long the Runner is left alone before its memory is read.</param>
internal sealed record RunPlan(string Name, int Rounds, int AtOnce, TimeSpan Idle)
{
    public static readonly RunPlan Usual = new("usual", 15, 50, TimeSpan.FromSeconds(20));
    public static readonly RunPlan Full = new("full", 51, 50, TimeSpan.FromSeconds(60));

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly RunPlan Smoke = new("smoke", 1, 3, TimeSpan.Zero);

    public static RunPlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds of one run each, {AtOnce} at once, idle for {Idle.TotalSeconds} s");
}
