namespace Platform.Benchmarks.Packages;

/// <summary>How much is measured.</summary>
/// <param name="Calls">Queries of each contestant in each round, one after the other; their median is the round's sample.</param>
/// <param name="WarmUp">Queries of each before.</param>
/// <param name="Rows">Of the collection.</param>
internal sealed record PackagePlan(string Name, int Rounds, int Calls, int WarmUp, int Rows)
{
    public static readonly PackagePlan Usual = new("usual", 7, 50, 1000, 100_000);
    public static readonly PackagePlan Full = new("full", 15, 200, 1000, 100_000);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly PackagePlan Smoke = new("smoke", 1, 2, 2, 3_000);

    public static PackagePlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds of {Calls} queries and of one sync of {Rows} rows");
}
