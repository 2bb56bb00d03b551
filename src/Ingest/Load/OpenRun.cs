using Npgsql;

namespace Platform.Ingest.Load;

/// <param name="States">As they are committed, by stream. Continuable: this run saved it in a listing, whose record of what was seen still counts.</param>
/// <param name="HasObjects">Tombstones included.</param>
internal sealed record OpenedRun(IReadOnlyList<(string Stream, byte[] State, bool Continuable)> States, bool HasObjects);

/// <summary>Takes a connection over for one load. From here on every earlier load of it is refused.</summary>
internal sealed class OpenRun(LoadDatabase database, Retries retries)
{
    /// <exception cref="ServiceDefaults.ProblemException">412 stale_fence or run_closed, 409 connection_deleted.</exception>
    public Task<OpenedRun> RunAsync(WriterIdentity writer, Guid loadId, bool startOver, CancellationToken cancellation) =>
        retries.RunAsync(token => TryAsync(writer, loadId, startOver, token), cancellation);

    private async Task<OpenedRun> TryAsync(WriterIdentity writer, Guid loadId, bool startOver, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var insert = new NpgsqlBatch(connection) { BatchCommands = { ConnectionRow.Ensure(writer.ConnectionId, writer.Connection, writer.Connector) } })
            await insert.ExecuteNonQueryAsync(cancellation);

        var standing = await Standing.LockAsync(connection, writer, cancellation);
        if (standing.Deleted)
            throw Errors.ConnectionDeleted(writer.Connection);
        if (standing.Closed)
            throw Errors.RunClosed(writer.RunId);
        if (standing.Fence > writer.Fence || (standing.Fence == writer.Fence && standing.RunId != writer.RunId))
            throw Errors.StaleFence(writer.Fence, $"the connection is written to under {standing.Fence}");
        // What its earlier attempts have sent it will not send again, and the record of that is gone: its sweep would delete all of it.
        if (!startOver && standing.LoadId != Guid.Empty && standing.RunId != writer.RunId)
            throw Errors.StaleFence(writer.Fence, "another run has opened since, and this one can only start over");
        await TakeAsync(connection, writer, loadId, startOver, standing.Last.Ordinal, cancellation);
        var opened = await ReadAsync(connection, writer, cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        return opened;
    }

    private static async Task TakeAsync(
        NpgsqlConnection connection, WriterIdentity writer, Guid loadId, bool startOver, long lastOrdinal, CancellationToken cancellation)
    {
        await using var take = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("""
                    INSERT INTO writers (connection_id, kind, run_id, fence) VALUES ($1, $4, $2, $3)
                    ON CONFLICT (connection_id, kind) DO UPDATE SET run_id = excluded.run_id, fence = excluded.fence
                    """)
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = writer.RunId }, new() { Value = writer.Fence }, new() { Value = writer.Kind } }
                },
                new("""
                    INSERT INTO run_counts (run_id, connection_id, fence, load_id, seen_from) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (run_id) DO UPDATE SET fence = excluded.fence, load_id = excluded.load_id, sequence = 0,
                        seen_from = CASE WHEN $6 THEN excluded.seen_from ELSE run_counts.seen_from END
                    """)
                {
                    Parameters =
                    {
                        new() { Value = writer.RunId }, new() { Value = writer.ConnectionId }, new() { Value = writer.Fence }, new() { Value = loadId },
                        new() { Value = lastOrdinal }, new() { Value = startOver },
                    }
                },
                // What another run has seen is of no use once this one writes: a sweep held back until now is superseded. Not so beside one that only listens.
                new("DELETE FROM seen WHERE connection_id = $1 AND $4 AND (run_id <> $2 OR $3)")
                {
                    Parameters =
                    {
                        new() { Value = writer.ConnectionId }, new() { Value = writer.RunId }, new() { Value = startOver }, new() { Value = writer.Kind == WriterKinds.Sync },
                    }
                },
                new("UPDATE states SET in_listing = false WHERE connection_id = $1 AND in_listing AND $2")
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = startOver } }
                },
                new("DELETE FROM unreadable_keys WHERE run_id = $1 AND $2") { Parameters = { new() { Value = writer.RunId }, new() { Value = startOver } } },
            }
        };
        await take.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<OpenedRun> ReadAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT EXISTS (SELECT FROM objects WHERE connection_id = $1)") { Parameters = { new() { Value = writer.ConnectionId } } },
                new("SELECT stream, state, in_listing AND run_id IS NOT DISTINCT FROM $2 FROM states WHERE connection_id = $1 ORDER BY stream")
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = writer.RunId } }
                },
            }
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var hasObjects = reader.GetBoolean(0);
        await reader.NextResultAsync(cancellation);
        var states = new List<(string, byte[], bool)>();
        while (await reader.ReadAsync(cancellation))
            states.Add((reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetBoolean(2)));
        return new(states, hasObjects);
    }
}
