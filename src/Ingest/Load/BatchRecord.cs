using Npgsql;
using NpgsqlTypes;

namespace Platform.Ingest.Load;

/// <summary>What a batch leaves beside its objects, in the same transaction: counts, the connection's numbers, what was seen, the connector's state.</summary>
internal sealed class BatchRecord(WriterIdentity writer, Numbers before)
{
    private readonly Numbers _before = before;
    private readonly Dictionary<string, List<long>> _seen = [];
    private readonly Dictionary<string, long> _unreadable = [];

    /// <summary>The connection's last numbers, as far as this batch has got.</summary>
    public Numbers Last { get; set; } = before;

    /// <summary>Notes what was in the table already; what this run inserts is told by its ordinal.</summary>
    public void AddSeen(Chunk chunk, Learned learned)
    {
        List<long>? ordinals = null;
        string? stream = null;
        for (var ord = 0; ord < learned.Ordinals.Length; ord++)
        {
            if (learned.Ordinals[ord] == 0)
                continue;
            var name = chunk.Pages[chunk.Objects[ord].Page].Stream;
            if (ordinals is null || name != stream)
            {
                stream = name;
                if (!_seen.TryGetValue(stream, out ordinals))
                    _seen.Add(stream, ordinals = []);
            }

            ordinals.Add(learned.Ordinals[ord]);
        }
    }

    public void AddUnreadable(Chunk chunk)
    {
        foreach (var reject in chunk.Rejects.Where(reject => !reject.HasKey))
        {
            var stream = chunk.Pages[reject.Page].Stream;
            _unreadable[stream] = _unreadable.GetValueOrDefault(stream) + 1;
        }
    }

    /// <summary>One round trip.</summary>
    public async Task WriteAsync(NpgsqlConnection connection, Batch batch, Tally sum, CancellationToken cancellation)
    {
        await using var commands = new NpgsqlBatch(connection);
        Add(commands, """
            UPDATE run_counts SET sequence = $2, received = received + $3, inserted = inserted + $4, updated = updated + $5,
                unchanged = unchanged + $6, deleted = deleted + $7, rejected = rejected + $8, superseded = superseded + $9
            WHERE run_id = $1
            """, writer.RunId, batch.LastSequence, sum.Received, sum.Inserted, sum.Updated, sum.Unchanged, sum.Deleted, sum.Rejected, sum.Superseded);
        if (Last != _before)
            Add(commands, "UPDATE connections SET change_seq = $2, last_ordinal = $3 WHERE connection_id = $1", writer.ConnectionId, Last.ChangeSeq, Last.Ordinal);
        foreach (var (stream, ordinals) in _seen)
        {
            Add(commands, "INSERT INTO seen (run_id, connection_id, stream, ordinals) VALUES ($1, $2, $3, $4)",
                writer.RunId, writer.ConnectionId, stream, SeenSet.Encode(ordinals));
        }

        foreach (var (stream, rejects) in _unreadable)
        {
            Add(commands, """
                INSERT INTO unreadable_keys (run_id, stream, rejects) VALUES ($1, $2, $3)
                ON CONFLICT (run_id, stream) DO UPDATE SET rejects = unreadable_keys.rejects + excluded.rejects
                """, writer.RunId, stream, rejects);
        }

        foreach (var page in batch.States())
        {
            // The same bytes again change nothing that is shown, but whose listing they are part of.
            Add(commands, """
                INSERT INTO states (connection_id, stream, state, version, run_id, in_listing, updated_at) VALUES ($1, $2, $3, 1, $4, $5, now())
                ON CONFLICT (connection_id, stream) DO UPDATE
                SET state = excluded.state, version = states.version + (states.state <> excluded.state)::integer, run_id = excluded.run_id,
                    in_listing = excluded.in_listing, updated_at = excluded.updated_at
                WHERE states.state <> excluded.state OR states.in_listing OR excluded.in_listing
                """, writer.ConnectionId, page.Stream, page.State!.Value, writer.RunId, page.Listing);
        }

        await commands.ExecuteNonQueryAsync(cancellation);
    }

    private static void Add(NpgsqlBatch commands, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value is ReadOnlyMemory<byte> ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Bytea } : new() { Value = value });
        }

        commands.BatchCommands.Add(command);
    }
}
