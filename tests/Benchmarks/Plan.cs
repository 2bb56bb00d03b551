namespace Platform.Benchmarks;

/// <summary>How long and how often is measured.</summary>
/// <param name="WarmUp">Of each contestant at each measure, before the first round.</param>
/// <param name="Round">Of each contestant in each round.</param>
/// <param name="Rounds">Odd, so that the median is one of the samples.</param>
internal sealed record Plan(string Name, TimeSpan WarmUp, TimeSpan Round, int Rounds)
{
    public static readonly Plan Usual = new("usual", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 7);
    public static readonly Plan Full = new("full", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), 15);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly Plan Smoke = new("smoke", TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50), 1);

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds of {Round.TotalSeconds} s after {WarmUp.TotalSeconds} s");
}
