using Platform.Ingest.V1;

namespace Platform.Ingest.Tests.Model;

/// <summary>A run as it must be, from its first open, or its close if it never opened.</summary>
internal sealed class ModelRun
{
    public required Guid RunId { get; init; }
    public bool Opened { get; set; }
    public bool Notify { get; set; }
    public Counts Counts { get; } = new();
    public HashSet<ObjectKey> Seen { get; } = [];

    /// <summary>Streams in which an object came of which nobody knows which it is.</summary>
    public HashSet<string> Unreadable { get; } = [];

    /// <summary>Unspecified: undecided.</summary>
    public Outcome Outcome { get; set; }

    /// <summary>The one that decided.</summary>
    public CloseRequest? Request { get; set; }

    /// <summary>Stream to decision: swept, held, skipped.</summary>
    public Dictionary<string, string> Sweeps { get; } = [];

    /// <summary>A sweep that was held back was carried out.</summary>
    public bool SweptLater { get; set; }

    /// <summary>Another run of the connection has opened since this one did or was decided.</summary>
    public bool Superseded { get; set; }

    public void StartOver()
    {
        Seen.Clear();
        Unreadable.Clear();
    }

    public void Add(Counts page)
    {
        Counts.Received += page.Received;
        Counts.Inserted += page.Inserted;
        Counts.Updated += page.Updated;
        Counts.Unchanged += page.Unchanged;
        Counts.Deleted += page.Deleted;
        Counts.Rejected += page.Rejected;
        Counts.Superseded += page.Superseded;
    }

    /// <summary>Code and stream of each warning that its outcome has, sorted.</summary>
    public IEnumerable<string> Warnings() => Sweeps
        .Where(sweep => sweep.Value != "swept")
        .Select(sweep => $"{(sweep.Value == "held" ? "delete_guard" : "sweep_skipped")} '{sweep.Key}'")
        .Order(StringComparer.Ordinal);
}
