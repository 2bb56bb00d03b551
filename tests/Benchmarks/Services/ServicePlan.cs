namespace Platform.Benchmarks.Services;

/// <summary>How often is measured.</summary>
/// <param name="Calls">Of each contestant in each round, one after the other; their median is the round's sample.</param>
/// <param name="WarmUp">Calls of each before, where they take little time.</param>
/// <param name="Many">Actions in all, 64 at a time.</param>
internal sealed record ServicePlan(string Name, int Rounds, int Calls, int WarmUp, int Many)
{
    public static readonly ServicePlan Usual = new("usual", 7, 50, 1000, 640);
    public static readonly ServicePlan Full = new("full", 15, 200, 1000, 6400);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly ServicePlan Smoke = new("smoke", 1, 2, 2, 64);

    public static ServicePlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds of {Calls} calls each, {Many} actions 64 at a time");
}
