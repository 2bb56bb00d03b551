using Platform.Benchmarks.Loads;

namespace Platform.Benchmarks.Syncs;

/// <summary>How much is synced how often.</summary>
/// <param name="Rows">Of each sync; a multiple of four pages.</param>
/// <param name="Kinds">Beginning with <see cref="LoadKind.New"/>; the generator knows no revision but the first.</param>
internal sealed record SyncPlan(string Name, int Rows, int Rounds, params LoadKind[] Kinds)
{
    public static readonly SyncPlan Usual = new("usual", 1_000_000, 5, LoadKind.New);
    public static readonly SyncPlan Full = new("full", 1_000_000, 5, LoadKind.New, LoadKind.Same);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly SyncPlan Smoke = new("smoke", 4_000, 1, LoadKind.New, LoadKind.Same);

    public static SyncPlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds of {Rows} objects a sync, {string.Join(" and ", Kinds.Select(Load.NameOf))}");
}
