using System.Diagnostics;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Deletion;

/// <summary>Removes all that a barred connection has here, in short transactions; nobody writes to it any more.</summary>
internal sealed partial class PurgeConnection(NpgsqlDataSource database, ILogger<PurgeConnection> logger)
{
    /// <summary>Rows of one transaction.</summary>
    private const int BatchRows = 10_000;

    /// <summary>Those of rejects may have 64 MiB.</summary>
    private const int BatchRejects = 200;

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    // By its key, from the last one on: what is dead already is not looked through again.
    private const string DeleteObjects = """
        WITH batch AS (
            SELECT stream, remote_id FROM objects WHERE connection_id = $1 AND (stream, remote_id) > ($2, $3) ORDER BY stream, remote_id LIMIT $4),
        gone AS (
            DELETE FROM objects o USING batch b WHERE o.connection_id = $1 AND o.stream = b.stream AND o.remote_id = b.remote_id)
        SELECT stream, remote_id, (SELECT count(*) FROM batch) FROM batch ORDER BY stream DESC, remote_id DESC LIMIT 1
        """;

    private const string DeleteRejects = "DELETE FROM rejects WHERE id = ANY (ARRAY (SELECT id FROM rejects WHERE connection_id = $1 ORDER BY id LIMIT $2))";

    private const string DeleteSeen = "DELETE FROM seen WHERE ctid = ANY (ARRAY (SELECT ctid FROM seen WHERE connection_id = $1 LIMIT $2))";

    // What refers to others before them; the connection's row is the last.
    private static readonly string[] DeleteRest =
    [
        "DELETE FROM unreadable_keys WHERE run_id IN (SELECT run_id FROM run_counts WHERE connection_id = $1)",
        "DELETE FROM run_counts WHERE connection_id = $1",
        "DELETE FROM sweeps WHERE connection_id = $1",
        "DELETE FROM outcomes WHERE connection_id = $1",
        "DELETE FROM states WHERE connection_id = $1",
        "DELETE FROM writers WHERE connection_id = $1",
        "DELETE FROM connections WHERE connection_id = $1",
        "UPDATE deleted_connections SET purged_at = now() WHERE connection_id = $1",
    ];

    /// <summary>Does nothing where another replica is at it.</summary>
    public async Task RunAsync(Guid connectionId, string name, string connector, CancellationToken cancellation)
    {
        // The lock is the session's; it ends with it.
        await using var turn = await database.OpenConnectionAsync(cancellation);
        await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended('purge of connection ' || $1, 0))", turn) { Parameters = { new() { Value = connectionId.ToString() } } };
        if (await take.ExecuteScalarAsync(cancellation) is not true)
            return;
        try
        {
            var objects = await PurgeObjectsAsync(connectionId, name, cancellation);
            foreach (var (sql, rows) in new[] { (DeleteRejects, BatchRejects), (DeleteSeen, BatchRows) })
                while (await ExecuteAsync(sql, connectionId, rows, cancellation) == rows)
                    FaultPoints.Pass("connection-purging");
            await FinishAsync(connectionId, name, connector, cancellation);
            LogPurged(name, connectionId, objects);
        }
        finally
        {
            await using var give = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", turn);
            await give.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task<long> PurgeObjectsAsync(Guid connectionId, string name, CancellationToken cancellation)
    {
        var (purged, stream, remoteId, told) = (0L, "", "", Stopwatch.GetTimestamp());
        while (true)
        {
            await using (var command = database.CreateCommand(DeleteObjects))
            {
                foreach (var value in new object[] { connectionId, stream, remoteId, BatchRows })
                    command.Parameters.Add(new() { Value = value });
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                if (!await reader.ReadAsync(cancellation))
                    return purged;
                (stream, remoteId, purged) = (reader.GetString(0), reader.GetString(1), purged + reader.GetInt64(2));
            }
            FaultPoints.Pass("connection-purging");
            if (Stopwatch.GetElapsedTime(told) < TellEvery)
                continue;
            told = Stopwatch.GetTimestamp();
            LogPurging(name, connectionId, purged);
        }
    }

    private async Task<int> ExecuteAsync(string sql, Guid connectionId, int rows, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = connectionId });
        command.Parameters.Add(new() { Value = rows });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    // Under the connection's lock, as the end of a run may be written at this moment.
    private async Task FinishAsync(Guid connectionId, string name, string connector, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { ConnectionRow.LimitTheWait(), ConnectionRow.Ensure(connectionId, name, connector), ConnectionRow.Lock(connectionId) }
        };
        foreach (var sql in DeleteRest)
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = connectionId } } });
        await batch.ExecuteNonQueryAsync(cancellation);
        FaultPoints.Pass("connection-purged");
        await transaction.CommitAsync(cancellation);
    }

    [LoggerMessage(1, LogLevel.Information, "Purging the deleted connection {Connection} ({Id}): {Objects} objects are gone so far")]
    private partial void LogPurging(string connection, Guid id, long objects);

    [LoggerMessage(2, LogLevel.Information, "The deleted connection {Connection} ({Id}) is purged; {Objects} objects went just now")]
    private partial void LogPurged(string connection, Guid id, long objects);
}
