using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Ingest.Purge;

/// <summary>
/// Deletes tombstones and rejects whose time is over, batch by batch, under the lock that every writer of a connection takes. A connection
/// that is locked is left for the next time, and no batch is long: a load neither is waited for nor waits long. So several replicas can do
/// this at once.
/// </summary>
internal sealed partial class PurgeOld(NpgsqlDataSource database, IOptions<PurgeOptions> options, ILogger<PurgeOld> logger)
{
    /// <summary>Rows of one transaction.</summary>
    private const int BatchRows = 10_000;

    // The index on deleted_at has dead rows only, the oldest first.
    private const string OldTombstones = """
        SELECT connection_id, array_agg(ctid::text) FROM (
            SELECT connection_id, ctid FROM objects WHERE deleted_at < now() - $1 AND connection_id <> ALL ($2) ORDER BY deleted_at LIMIT $3) old
        GROUP BY connection_id
        """;

    // Since the look, a row may have come alive, and another one may have taken its place: the condition is asked again.
    private const string DeleteTombstones = "DELETE FROM objects WHERE ctid = ANY ($2::tid[]) AND connection_id = $1 AND deleted_at < now() - $3";

    // Numbers rise with time, near enough: the oldest stand first, and no index on the time is needed.
    private const string OldRejects = """
        SELECT connection_id, array_agg(id) FILTER (WHERE old), max(id), bool_and(old) FROM (
            SELECT connection_id, id, rejected_at < now() - $1 AS old FROM rejects WHERE id > $2 ORDER BY id LIMIT $3) first
        GROUP BY connection_id
        """;

    private const string DeleteRejects = "DELETE FROM rejects WHERE id = ANY ($2) AND connection_id = $1 AND rejected_at < now() - $3";

    /// <returns>How many tombstones and rejects are gone.</returns>
    public async Task<(long Tombstones, long Rejects)> RunAsync(CancellationToken cancellation)
    {
        var busy = new HashSet<Guid>();
        var tombstones = await PurgeTombstonesAsync(busy, cancellation);
        var rejects = await PurgeRejectsAsync(busy, cancellation);
        if (tombstones + rejects > 0 || busy.Count > 0)
            LogPurged(tombstones, rejects, busy.Count);
        return (tombstones, rejects);
    }

    private async Task<long> PurgeTombstonesAsync(HashSet<Guid> busy, CancellationToken cancellation)
    {
        var purged = 0L;
        while (true)
        {
            var found = await FindAsync<string>(OldTombstones, options.Value.DeletedAfter, busy.ToArray(), cancellation);
            if (found.Count == 0)
                return purged;
            foreach (var (connectionId, places, _, _) in found)
            {
                if (await DeleteAsync(DeleteTombstones, connectionId, places!, options.Value.DeletedAfter, cancellation) is { } deleted)
                    purged += deleted;
                else
                    busy.Add(connectionId);
            }
        }
    }

    private async Task<long> PurgeRejectsAsync(HashSet<Guid> busy, CancellationToken cancellation)
    {
        var (purged, last) = (0L, 0L);
        while (true)
        {
            var found = await FindAsync<long>(OldRejects, options.Value.RejectedAfter, last, cancellation);
            foreach (var (connectionId, ids, _, _) in found.Where(group => group.Rows is not null))
            {
                if (await DeleteAsync(DeleteRejects, connectionId, ids!, options.Value.RejectedAfter, cancellation) is { } deleted)
                    purged += deleted;
                else
                    busy.Add(connectionId);
            }

            if (found.Count == 0 || found.Exists(group => !group.AllOld))
                return purged;
            last = found.Max(group => group.Last);
        }
    }

    private async Task<List<(Guid ConnectionId, T[]? Rows, long Last, bool AllOld)>> FindAsync<T>(string sql, TimeSpan after, object from, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in new[] { after, from, BatchRows })
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<(Guid, T[]?, long, bool)>();
        while (await reader.ReadAsync(cancellation))
            found.Add((reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<T[]>(1), reader.FieldCount > 2 ? reader.GetInt64(2) : 0, reader.FieldCount < 4 || reader.GetBoolean(3)));
        return found;
    }

    /// <returns>Null: somebody writes to the connection now.</returns>
    private async Task<int?> DeleteAsync<T>(string sql, Guid connectionId, T[] rows, TimeSpan after, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var take = new NpgsqlCommand("SELECT true FROM connections WHERE connection_id = $1 FOR UPDATE SKIP LOCKED", connection) { Parameters = { new() { Value = connectionId } } })
            if (await take.ExecuteScalarAsync(cancellation) is null)
                return null;
        await using var delete = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = connectionId }, new() { Value = rows }, new() { Value = after } } };
        var deleted = await delete.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return deleted;
    }

    [LoggerMessage(1, LogLevel.Information, "Purged {Tombstones} deleted objects and {Rejects} rejects; {Busy} connections were being written to and are left for the next time")]
    private partial void LogPurged(long tombstones, long rejects, int busy);
}
