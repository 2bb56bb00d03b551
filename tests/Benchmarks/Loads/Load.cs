namespace Platform.Benchmarks.Loads;

/// <summary>What a load finds in the table. In the order in which a round takes them: each builds on the one before.</summary>
internal enum LoadKind
{
    New,
    Same,
    Mixed,
    Changed,
}

/// <summary>The rows 0 … <paramref name="Rows"/> − 1, each in the revision that this kind of load brings.</summary>
internal sealed record Load(LoadKind Kind, int Rows)
{
    // Odd among its neighbours, so that each page has changed rows in its middle.
    private const int ChangedTenth = 3;

    public static readonly IReadOnlyList<LoadKind> Kinds = [LoadKind.New, LoadKind.Same, LoadKind.Mixed, LoadKind.Changed];

    public long Inserted => Kind == LoadKind.New ? Rows : 0;

    public long Updated => Kind switch { LoadKind.Mixed => Rows / 10, LoadKind.Changed => Rows, _ => 0 };

    /// <summary>Of the table's rows after the load, all together: tells a table that missed a change.</summary>
    public long Revisions => Kind switch { LoadKind.Mixed => Rows / 10, LoadKind.Changed => 2L * Rows, _ => 0 };

    public int RevisionOf(int row) => Kind switch
    {
        LoadKind.Mixed => row % 10 == ChangedTenth ? 1 : 0,
        LoadKind.Changed => 2,
        _ => 0,
    };

    public static string NameOf(LoadKind kind) => kind switch
    {
        LoadKind.New => "all new",
        LoadKind.Same => "all the same",
        LoadKind.Mixed => "10 % changed",
        _ => "all changed",
    };

    public override string ToString() => NameOf(Kind);
}
