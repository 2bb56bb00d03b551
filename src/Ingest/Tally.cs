using Npgsql;
using Platform.Contracts;
using Platform.Ingest.V1;

namespace Platform.Ingest;

/// <summary>What became of objects: received = inserted + updated + unchanged + deleted + rejected + superseded; swept apart.</summary>
internal struct Tally
{
    public long Received { get; set; }
    public long Inserted { get; set; }
    public long Updated { get; set; }
    public long Unchanged { get; set; }
    public long Deleted { get; set; }
    public long Rejected { get; set; }
    public long Superseded { get; set; }
    public long Swept { get; set; }

    public readonly bool Balances => Received == Inserted + Updated + Unchanged + Deleted + Rejected + Superseded;

    public void Add(in Tally other)
    {
        Received += other.Received;
        Inserted += other.Inserted;
        Updated += other.Updated;
        Unchanged += other.Unchanged;
        Deleted += other.Deleted;
        Rejected += other.Rejected;
        Superseded += other.Superseded;
        Swept += other.Swept;
    }

    /// <summary>Reads the eight columns in the order of the properties.</summary>
    public static Tally Read(NpgsqlDataReader reader, int first) => new()
    {
        Received = reader.GetInt64(first),
        Inserted = reader.GetInt64(first + 1),
        Updated = reader.GetInt64(first + 2),
        Unchanged = reader.GetInt64(first + 3),
        Deleted = reader.GetInt64(first + 4),
        Rejected = reader.GetInt64(first + 5),
        Superseded = reader.GetInt64(first + 6),
        Swept = reader.GetInt64(first + 7),
    };

    public readonly Counts ToCounts() => new()
    {
        Received = Received,
        Inserted = Inserted,
        Updated = Updated,
        Unchanged = Unchanged,
        Deleted = Deleted,
        Rejected = Rejected,
        Superseded = Superseded,
        Swept = Swept,
    };

    public readonly SyncCounts ToEvent() => new(Received, Inserted, Updated, Unchanged, Deleted, Rejected, Superseded, Swept);
}
