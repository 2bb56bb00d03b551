using Npgsql;

namespace Platform.Ingest.Load;

/// <summary>One load's way into the database: each batch is one transaction under the connection's lock and this load's fence.</summary>
internal sealed class BatchWriter(LoadDatabase database, Retries retries, LoadOptions options, WriterIdentity writer)
{
    private readonly Guid _loadId = Guid.CreateVersion7();
    private Tally[]? _unanswered;

    /// <summary>Takes the connection over for this load. From here on every earlier load of it is refused.</summary>
    public Task OpenAsync(CancellationToken cancellation) => retries.RunAsync(TryOpenAsync, cancellation);

    /// <returns>What became of the objects of each page; committed.</returns>
    public Task<Tally[]> WriteAsync(IReadOnlyList<QueuedPage> pages, CancellationToken cancellation)
    {
        _unanswered = null;
        return retries.RunAsync(token => TryWriteAsync(pages, token), cancellation);
    }

    private async Task<bool> TryOpenAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var insert = new NpgsqlCommand(
            "INSERT INTO connections (connection_id, name, connector) VALUES ($1, $2, $3) ON CONFLICT (connection_id) DO NOTHING", connection)
        {
            Parameters = { new() { Value = writer.ConnectionId }, new() { Value = writer.Connection }, new() { Value = writer.Connector } }
        })
            await insert.ExecuteNonQueryAsync(cancellation);

        var standing = await Standing.LockAsync(connection, writer, cancellation);
        if (standing.Closed)
            throw Errors.RunClosed(writer.RunId);
        if (standing.Fence > writer.Fence || (standing.Fence == writer.Fence && standing.RunId != writer.RunId))
            throw Errors.StaleFence(writer.Fence, $"the connection is written to under {standing.Fence}");

        await using var take = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("""
                    INSERT INTO writers (connection_id, kind, run_id, fence) VALUES ($1, 'sync', $2, $3)
                    ON CONFLICT (connection_id, kind) DO UPDATE SET run_id = excluded.run_id, fence = excluded.fence
                    """)
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = writer.RunId }, new() { Value = writer.Fence } }
                },
                new("""
                    INSERT INTO run_counts (run_id, connection_id, fence, load_id) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (run_id) DO UPDATE SET fence = excluded.fence, load_id = excluded.load_id, sequence = 0
                    """)
                {
                    Parameters = { new() { Value = writer.RunId }, new() { Value = writer.ConnectionId }, new() { Value = writer.Fence }, new() { Value = _loadId } }
                },
            }
        };
        await take.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    private async Task<Tally[]> TryWriteAsync(IReadOnlyList<QueuedPage> pages, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var standing = await Standing.LockAsync(connection, writer, cancellation);
        if (standing.Closed)
            throw Errors.RunClosed(writer.RunId);
        if (standing.Fence != writer.Fence || standing.RunId != writer.RunId)
            throw Errors.StaleFence(writer.Fence, $"the connection is written to under {standing.Fence}");
        if (standing.LoadId != _loadId)
            throw Errors.StaleFence(writer.Fence, "the run goes on in another call");
        // The commit of an earlier try went through, only its answer was lost.
        if (_unanswered is { } committed && standing.Sequence >= pages[^1].Sequence)
            return committed;

        var tallies = new Tally[pages.Count];
        var changeSeq = standing.ChangeSeq;
        var first = true;
        foreach (var chunk in Chunk.Cut(pages, options.BatchRows, options.MaxObjectBytes, tallies))
        {
            if (!first)
                await Merge.ClearAsync(connection, cancellation);
            first = false;
            await Merge.WriteRejectsAsync(connection, writer, pages, chunk.Rejects, cancellation);
            changeSeq = await Merge.WriteAsync(connection, writer.ConnectionId, pages, chunk, changeSeq, tallies, cancellation);
        }

        await CountAsync(connection, tallies, pages[^1].Sequence, changeSeq, cancellation);
        _unanswered = tallies;
        await transaction.CommitAsync(CancellationToken.None);
        return tallies;
    }

    private async Task CountAsync(NpgsqlConnection connection, Tally[] tallies, long sequence, long changeSeq, CancellationToken cancellation)
    {
        var sum = new Tally();
        foreach (var tally in tallies)
            sum.Add(tally);
        if (!sum.Balances)
            throw new InvalidOperationException("The counts of a batch do not balance; it is not committed.");
        await using var count = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("""
                    UPDATE run_counts SET sequence = $2, received = received + $3, inserted = inserted + $4, updated = updated + $5,
                        unchanged = unchanged + $6, rejected = rejected + $7, superseded = superseded + $8
                    WHERE run_id = $1
                    """)
                {
                    Parameters =
                    {
                        new() { Value = writer.RunId }, new() { Value = sequence }, new() { Value = sum.Received }, new() { Value = sum.Inserted },
                        new() { Value = sum.Updated }, new() { Value = sum.Unchanged }, new() { Value = sum.Rejected }, new() { Value = sum.Superseded },
                    }
                },
                new("UPDATE connections SET change_seq = $2 WHERE connection_id = $1 AND change_seq <> $2")
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = changeSeq } }
                },
            }
        };
        await count.ExecuteNonQueryAsync(cancellation);
    }
}
