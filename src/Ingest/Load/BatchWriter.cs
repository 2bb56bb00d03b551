using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>One load's way into the database: each batch is one transaction under the connection's lock and this load's fence.</summary>
/// <param name="notifyChanges">Publish objects.changed for what is written.</param>
/// <param name="filter">Knows all keys that the connection has; null: the table is asked about each.</param>
internal sealed class BatchWriter(LoadDatabase database, Retries retries, WriterIdentity writer, Guid loadId, bool notifyChanges, KeyFilter? filter)
{
    private KeyFilter? _filter = filter;
    private Tally[]? _unanswered;

    /// <returns>What became of the objects of each page; committed.</returns>
    public Task<Tally[]> WriteAsync(Batch batch, CancellationToken cancellation)
    {
        _unanswered = null;
        var isRetry = false;
        return retries.RunAsync(token =>
        {
            // What the filter knows may be what went wrong.
            if (isRetry)
                _filter = null;
            isRetry = true;
            return TryWriteAsync(batch, token);
        }, cancellation);
    }

    private async Task<Tally[]> TryWriteAsync(Batch batch, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var standing = await Standing.LockAsync(connection, writer, cancellation);
        FaultPoints.Pass("transaction-begun");
        if (standing.Deleted)
            throw Errors.ConnectionDeleted(writer.Connection);
        if (standing.Closed)
            throw Errors.RunClosed(writer.RunId);
        if (standing.Fence != writer.Fence || standing.RunId != writer.RunId)
            throw Errors.StaleFence(writer.Fence, $"the connection is written to under {standing.Fence}");
        if (standing.LoadId != loadId)
            throw Errors.StaleFence(writer.Fence, "the run goes on in another call");
        // The commit of an earlier try went through, only its answer was lost.
        if (_unanswered is { } committed && standing.Sequence >= batch.LastSequence)
            return committed;

        var tallies = new Tally[batch.Pages.Count];
        var record = new BatchRecord(writer, standing.Last);
        var changes = notifyChanges ? new ChangedObjects(writer) : null;
        var first = true;
        foreach (var chunk in batch.Chunks())
        {
            if (!first)
                await LoadDatabase.ClearTablesAsync(connection, cancellation);
            first = false;
            chunk.AddDecided(tallies);
            await Rejects.WriteAsync(connection, writer, chunk, cancellation);
            if (chunk.Objects.Count > 0)
            {
                var learned = await Probe.RunAsync(connection, writer.ConnectionId, chunk, _filter, cancellation);
                record.Last = await Merge.WriteAsync(connection, writer.ConnectionId, chunk, learned, record.Last, cancellation);
                FaultPoints.Pass("merged");
                Count(chunk, learned, tallies);
                // A run that listens never sweeps.
                if (writer.Kind == WriterKinds.Sync)
                    record.AddSeen(chunk, learned);
                changes?.Add(chunk, learned);
            }

            record.AddUnreadable(chunk);
        }

        if (changes is not null)
            await changes.AppendAsync(transaction, cancellation);
        await record.WriteAsync(connection, batch, Sum(tallies), cancellation);
        FaultPoints.Pass("state-written");
        _unanswered = tallies;
        await transaction.CommitAsync(CancellationToken.None);
        FaultPoints.Pass("committed");
        return tallies;
    }

    private static void Count(Chunk chunk, Learned learned, Tally[] tallies)
    {
        for (var ord = 0; ord < learned.Findings.Length; ord++)
        {
            ref var tally = ref tallies[chunk.Objects[ord].Page];
            switch (learned.Findings[ord])
            {
                case Finding.Absent: tally.Inserted++; break;
                case Finding.Changed: tally.Updated++; break;
                case Finding.Unchanged: tally.Unchanged++; break;
                case Finding.ToDelete: tally.Deleted++; break;
            }
        }
    }

    private static Tally Sum(Tally[] tallies)
    {
        var sum = new Tally();
        foreach (var tally in tallies)
            sum.Add(tally);
        return sum.Balances ? sum : throw new InvalidOperationException("The counts of a batch do not balance; it is not committed.");
    }
}
