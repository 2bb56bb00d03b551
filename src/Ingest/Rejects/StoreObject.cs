using System.Text;
using Npgsql;
using NpgsqlTypes;
using Platform.Ingest.Load;

namespace Platform.Ingest.Rejects;

/// <summary>Writes one object, or deletes it, outside of a run; what a load does with thousands at once.</summary>
internal sealed class StoreObject
{
    private readonly NpgsqlTransaction _transaction;
    private readonly WriterIdentity _writer;
    private readonly bool _notifyChanges;
    private readonly long _changeSeq;
    private readonly long _lastOrdinal;

    private StoreObject(NpgsqlTransaction transaction, WriterIdentity writer, bool notifyChanges, long changeSeq, long lastOrdinal) =>
        (_transaction, _writer, _notifyChanges, _changeSeq, _lastOrdinal) = (transaction, writer, notifyChanges, changeSeq, lastOrdinal);

    /// <summary>Locks the connection, as every writer of its objects does first.</summary>
    public static async Task<StoreObject> LockAsync(NpgsqlTransaction transaction, Guid connectionId, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!)
        {
            BatchCommands =
            {
                ConnectionRow.LimitTheWait(),
                new("SELECT name, connector, change_seq, last_ordinal FROM connections WHERE connection_id = $1 FOR UPDATE") { Parameters = { new() { Value = connectionId } } },
                // Whether the connection wants objects.changed is told with each of its runs.
                new("SELECT notify_changes FROM outcomes WHERE connection_id = $1 ORDER BY closed_at DESC LIMIT 1") { Parameters = { new() { Value = connectionId } } },
            }
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var writer = new WriterIdentity(Guid.Empty, connectionId, reader.GetString(0), reader.GetString(1), 0);
        var (changeSeq, lastOrdinal) = (reader.GetInt64(2), reader.GetInt64(3));
        await reader.NextResultAsync(cancellation);
        var notifyChanges = await reader.ReadAsync(cancellation) && reader.GetBoolean(0);
        return new(transaction, writer, notifyChanges, changeSeq, lastOrdinal);
    }

    /// <exception cref="ServiceDefaults.ProblemException">409 reject_superseded.</exception>
    public async Task<(string RemoteId, string Result)> RunAsync(
        KeptReject reject, ReadOnlyMemory<byte> page, ObjectFields fields, bool force, CancellationToken cancellation)
    {
        var key = Encoding.UTF8.GetString(fields.RemoteId.Of(page.Span));
        var hash = new byte[ObjectHash.Bytes];
        ObjectHash.Write(fields.ResourceName.Of(page.Span), fields.Uri.Of(page.Span), fields.Metadata.Of(page.Span), hash);
        var there = await LookAsync(reject, key, hash, cancellation);
        if (reject.IsDelete ? there is null or { Gone: true } : there is { Same: true, Gone: false })
            return (key, "unchanged");
        if (there is { Newer: true } && !force)
            throw Errors.RejectSuperseded(reject.Id, key);

        var (kind, sql) = (reject.IsDelete, there) switch
        {
            (true, _) => (ChangedObjects.Deleted, """
                UPDATE objects SET deleted_at = now(), updated_at = now(), change_seq = $4
                WHERE connection_id = $1 AND stream = $2 AND remote_id = $3
                """),
            (_, null) => (ChangedObjects.Inserted, """
                INSERT INTO objects (connection_id, stream, remote_id, change_seq, ordinal, hash, is_json, resource_name, uri, metadata)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """),
            _ => (ChangedObjects.Updated, """
                UPDATE objects SET change_seq = $4, hash = $6, is_json = $7, resource_name = $8, uri = $9, metadata = $10, updated_at = now(), deleted_at = NULL
                WHERE connection_id = $1 AND stream = $2 AND remote_id = $3
                """),
        };
        var ordinal = kind == ChangedObjects.Inserted ? _lastOrdinal + 1 : _lastOrdinal;
        await using var batch = new NpgsqlBatch(_transaction.Connection!)
        {
            BatchCommands =
            {
                new(sql),
                new("UPDATE connections SET change_seq = $2, last_ordinal = $3 WHERE connection_id = $1")
                {
                    Parameters = { new() { Value = _writer.ConnectionId }, new() { Value = _changeSeq + 1 }, new() { Value = ordinal } }
                },
            }
        };
        object[] values = [_writer.ConnectionId, reject.Stream, key, _changeSeq + 1, ordinal, hash, JsonText.IsReadable(fields.Metadata.Of(page.Span))];
        foreach (var value in values)
            batch.BatchCommands[0].Parameters.Add(new() { Value = value });
        foreach (var field in new[] { fields.ResourceName, fields.Uri, fields.Metadata })
            batch.BatchCommands[0].Parameters.Add(new() { Value = field.Of(page), NpgsqlDbType = NpgsqlDbType.Text });
        await batch.ExecuteNonQueryAsync(cancellation);

        if (_notifyChanges)
        {
            var changes = new ChangedObjects(_writer with { RunId = reject.RunId });
            changes.Add(reject.Stream, key, kind);
            await changes.AppendAsync(_transaction, cancellation);
        }

        return (key, kind);
    }

    private async Task<StoredObject?> LookAsync(KeptReject reject, string key, byte[] hash, CancellationToken cancellation)
    {
        await using var look = new NpgsqlCommand("""
            SELECT hash = $4, deleted_at IS NOT NULL, updated_at >= $5 FROM objects WHERE connection_id = $1 AND stream = $2 AND remote_id = $3
            """, _transaction.Connection)
        {
            Parameters = { new() { Value = _writer.ConnectionId }, new() { Value = reject.Stream }, new() { Value = key }, new() { Value = hash }, new() { Value = reject.RejectedAt } }
        };
        await using var reader = await look.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2)) : null;
    }

    /// <param name="Newer">Written after the reject came, or with it: which of them was first in their transaction is not known.</param>
    private sealed record StoredObject(bool Same, bool Gone, bool Newer);
}
