using Npgsql;

namespace Platform.Ingest.Load;

/// <summary>What a transaction of a load finds once it has the connection's lock.</summary>
/// <param name="Last">The last change_seq and ordinal given out.</param>
/// <param name="RunId">The run of its kind that writes; empty: none ever did.</param>
/// <param name="Fence">The highest fence seen of its kind; 0: none.</param>
/// <param name="LoadId">The call that writes for this run; empty: the run never opened.</param>
/// <param name="Sequence">The last page of that call that is committed.</param>
/// <param name="Closed">The run has an outcome.</param>
/// <param name="Deleted">The connection is gone: nothing is loaded for it any more.</param>
internal sealed record Standing(Numbers Last, Guid RunId, long Fence, Guid LoadId, long Sequence, bool Closed, bool Deleted)
{
    /// <summary>Locks the connection, then the writer, in this order everywhere; one round trip.</summary>
    public static async Task<Standing> LockAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT change_seq, last_ordinal FROM connections WHERE connection_id = $1 FOR UPDATE") { Parameters = { new() { Value = writer.ConnectionId } } },
                new("SELECT run_id, fence FROM writers WHERE connection_id = $1 AND kind = $2 FOR UPDATE")
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = writer.Kind } }
                },
                new("SELECT load_id, sequence FROM run_counts WHERE run_id = $1") { Parameters = { new() { Value = writer.RunId } } },
                new("SELECT EXISTS (SELECT FROM outcomes WHERE run_id = $1), EXISTS (SELECT FROM deleted_connections WHERE connection_id = $2)")
                {
                    Parameters = { new() { Value = writer.RunId }, new() { Value = writer.ConnectionId } }
                },
            }
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var last = await reader.ReadAsync(cancellation) ? new Numbers(reader.GetInt64(0), reader.GetInt64(1)) : default;
        await reader.NextResultAsync(cancellation);
        var (runId, fence) = await reader.ReadAsync(cancellation) ? (reader.GetGuid(0), reader.GetInt64(1)) : default;
        await reader.NextResultAsync(cancellation);
        var (loadId, sequence) = await reader.ReadAsync(cancellation) ? (reader.GetGuid(0), reader.GetInt64(1)) : default;
        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(last, runId, fence, loadId, sequence, reader.GetBoolean(0), reader.GetBoolean(1));
    }
}
