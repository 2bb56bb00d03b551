using Npgsql;
using Platform.Ingest.Load;

namespace Platform.Ingest.Close;

/// <summary>What became of the sweep of one stream that a run listed completely: a row of <c>sweeps</c>.</summary>
/// <param name="Objects">How many live objects the stream had.</param>
/// <param name="Unseen">How many of them the run did not send.</param>
/// <param name="SeenFrom">Objects with a higher ordinal were inserted by the run itself.</param>
internal sealed record StreamSweep(string Stream, string Decision, long Objects, long Unseen, long SeenFrom)
{
    public const string Swept = "swept";
    public const string Held = "held";
    public const string Skipped = "skipped";

    /// <summary>Below so many objects the guard lets everything pass.</summary>
    public const int GuardedFrom = 100;

    public const double DefaultMaxDeleteFraction = 0.5;

    public static string Decide(long objects, long unseen, double maxDeleteFraction) =>
        objects > GuardedFrom && unseen > objects * maxDeleteFraction ? Held : Swept;

    public static async Task<List<StreamSweep>> FindAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellation)
    {
        await using var select = new NpgsqlCommand(
            "SELECT stream, decision, objects, unseen, seen_from FROM sweeps WHERE run_id = $1 ORDER BY stream", connection)
        { Parameters = { new() { Value = runId } } };
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var sweeps = new List<StreamSweep>();
        while (await reader.ReadAsync(cancellation))
            sweeps.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        return sweeps;
    }

    /// <summary>Writes the decision, or the new one in place of the old.</summary>
    public async Task SaveAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var save = new NpgsqlCommand("""
            INSERT INTO sweeps (run_id, stream, connection_id, decision, objects, unseen, seen_from, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now())
            ON CONFLICT (run_id, stream) DO UPDATE SET decision = excluded.decision, decided_at = excluded.decided_at
            """, connection)
        {
            Parameters =
            {
                new() { Value = writer.RunId }, new() { Value = Stream }, new() { Value = writer.ConnectionId }, new() { Value = Decision },
                new() { Value = Objects }, new() { Value = Unseen }, new() { Value = SeenFrom },
            }
        };
        await save.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Null: nothing that a person should look at.</summary>
    public V1.RunWarning? Warning(Guid runId) => Decision switch
    {
        Held => new()
        {
            Code = "delete_guard",
            Stream = Stream,
            Message = FormattableString.Invariant($"The run did not list {Unseen} of {Objects} objects{OfStream}; nothing was deleted, as that is a larger part than the connection allows."),
            Remedy = $"Look whether the source really has lost them. If so: POST /v1/runs/{runId}/sweep, before the next run; else run the sync again.",
        },
        Skipped => new()
        {
            Code = "sweep_skipped",
            Stream = Stream,
            Message = $"Objects without a readable key came{OfStream}, so it is not known what is gone; nothing was deleted.",
            Remedy = "Look at the rejects of this run, mend their keys at the source and run the sync again.",
        },
        _ => null,
    };

    private string OfStream => Stream.Length == 0 ? "" : $" of stream {Stream}";
}
