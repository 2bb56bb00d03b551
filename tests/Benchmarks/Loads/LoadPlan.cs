namespace Platform.Benchmarks.Loads;

/// <summary>How much is loaded how often.</summary>
/// <param name="Rows">Of each load; a multiple of 20, so that halves and tenths come out even.</param>
/// <param name="Held">Rows that a table holds before the loads into a large one; 0: these loads are left out.</param>
/// <param name="HeldLoad">Rows of each load into the large table.</param>
/// <param name="Long">Rows of the one load whose memory is watched; 0: it is left out.</param>
internal sealed record LoadPlan(string Name, int Rows, int Held, int HeldLoad, int Long, int Rounds)
{
    public static readonly LoadPlan Usual = new("usual", 200_000, 0, 0, 0, 5);
    public static readonly LoadPlan Full = new("full", 1_000_000, 10_000_000, 200_000, 5_000_000, 5);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly LoadPlan Smoke = new("smoke", 2_000, 4_000, 2_000, 10_000, 1);

    public static LoadPlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() =>
        FormattableString.Invariant($"{Name}: {Rounds} rounds of {Rows} rows a load") + (Held > 0 ? FormattableString.Invariant($", of {HeldLoad} into a table with {Held}") : "") +
        (Long > 0 ? FormattableString.Invariant($", one load of {Long}") : "");
}
