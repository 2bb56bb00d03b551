namespace Platform.Benchmarks.Edge;

/// <summary>How long and how often is measured.</summary>
/// <param name="Seconds">Of each contestant in each round; wrk takes whole ones.</param>
internal sealed record EdgePlan(string Name, int Rounds, int Seconds, int WarmUpSeconds)
{
    public static readonly EdgePlan Usual = new("usual", 7, 2, 10);
    public static readonly EdgePlan Full = new("full", 15, 3, 15);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly EdgePlan Smoke = new("smoke", 1, 1, 1);

    public static EdgePlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds of {Seconds} s after {WarmUpSeconds} s");
}
