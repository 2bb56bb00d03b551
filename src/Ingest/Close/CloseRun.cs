using Npgsql;
using Platform.Ingest.Deletion;
using Platform.Ingest.Load;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Close;

/// <summary>
/// The decision on a run: outcome, sweep, counts and event in one transaction. Whoever comes second gets the first one's answer.
/// </summary>
internal sealed class CloseRun(NpgsqlDataSource database, Retries retries, OpenLoads openLoads)
{
    public async Task<RunOutcome> RunAsync(CloseRequest request, CancellationToken cancellation)
    {
        using var activity = PlatformActivity.Source.StartActivity("close");
        var decision = Decision.Parse(request);
        activity?.SetTag("run.id", decision.Writer.RunId).SetTag("connection", decision.Writer.Connection).SetTag("outcome", decision.Outcome);
        var outcome = await retries.RunAsync(token => TryCloseAsync(decision, token), cancellation);
        openLoads.Closed(decision.Writer);
        return outcome.ToMessage();
    }

    private async Task<StoredOutcome> TryCloseAsync(Decision decision, CancellationToken cancellation)
    {
        var writer = decision.Writer;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, writer, cancellation);
        FaultPoints.Pass("close-begun");
        if (await StoredOutcome.FindAsync(connection, writer.RunId, cancellation) is { } standing)
            return standing;
        if (await DeletedConnections.FindAsync(connection, writer.ConnectionId, cancellation))
        {
            if (decision.Outcome == OutcomeNames.Succeeded)
                throw Errors.ConnectionDeleted(writer.Connection);
            // That the run has ended is told all the same; what is written here is purged like the rest.
            await DeletedConnections.PurgeAgainAsync(connection, writer.ConnectionId, cancellation);
        }
        var run = await TakeRunAsync(connection, writer, cancellation);
        if (run.Fence > writer.Fence)
            throw Errors.StaleFence(writer.Fence, $"the run goes on under {run.Fence}");
        // What this run had seen is forgotten by then: its sweep would delete all of it.
        if (run.Overtaken && decision.Outcome == OutcomeNames.Succeeded)
            throw Errors.StaleFence(writer.Fence, "another run has opened since");

        var sweeps = await SweepAsync(transaction, decision, run, cancellation);
        FaultPoints.Pass("swept");
        var counts = run.Counts;
        counts.Swept = sweeps.Where(sweep => sweep.Decision == StreamSweep.Swept).Sum(sweep => sweep.Unseen);
        var outcome = new StoredOutcome
        {
            Writer = writer,
            Outcome = decision.Outcome,
            Counts = counts,
            ErrorCode = decision.Error?.Code,
            ErrorMessage = decision.Error?.Message,
            ErrorRemedy = decision.Error?.Remedy,
            ErrorDetail = decision.Error?.Detail,
            Result = decision.Result,
            NotifyChanges = decision.NotifyChanges,
            StartedAt = decision.StartedAt,
            // PostgreSQL keeps microseconds: the first answer and every later one are the same.
            ClosedAt = Microseconds(DateTimeOffset.UtcNow),
            Sweeps = sweeps,
        };
        await outcome.InsertAsync(connection, cancellation);
        await ForgetSeenAsync(connection, writer.RunId, keep: sweeps.Any(sweep => sweep.Decision == StreamSweep.Held), cancellation);
        if (writer.Kind == WriterKinds.Sync)
        {
            var (type, body) = outcome.ToEvent();
            await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), type, writer.Connector, $"/ingest/runs/{writer.RunId}", body), cancellation);
        }

        await transaction.CommitAsync(CancellationToken.None);
        FaultPoints.Pass("closed");
        ObjectCounter.Add(writer, counts);
        return outcome;
    }

    // The same lock first as in a load: a batch in flight is waited for, a later one finds the outcome.
    private static async Task LockAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var locks = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                ConnectionRow.LimitTheWait(), ConnectionRow.Ensure(writer.ConnectionId, writer.Connection, writer.Connector),
                ConnectionRow.Lock(writer.ConnectionId),
            }
        };
        await locks.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<List<StreamSweep>> SweepAsync(NpgsqlTransaction transaction, Decision decision, TakenRun run, CancellationToken cancellation)
    {
        var writer = decision.Writer;
        var sweeps = new List<StreamSweep>();
        var unreadable = await UnreadableAsync(transaction.Connection!, writer.RunId, cancellation);
        foreach (var stream in decision.CompleteStreams)
        {
            if (unreadable.Contains(stream))
            {
                sweeps.Add(new(stream, StreamSweep.Skipped, 0, 0, run.SeenFrom));
                continue;
            }

            var (objects, unseen) = await SweepStreams.CountAsync(transaction.Connection!, writer, stream, run.SeenFrom, cancellation);
            var sweep = new StreamSweep(stream, StreamSweep.Decide(objects, unseen, decision.MaxDeleteFraction), objects, unseen, run.SeenFrom);
            if (sweep is { Decision: StreamSweep.Swept, Unseen: > 0 })
            {
                var changes = decision.NotifyChanges ? new ChangedObjects(writer) : null;
                await SweepStreams.DeleteAsync(transaction, writer, stream, run.SeenFrom, changes, cancellation);
            }

            sweeps.Add(sweep);
        }

        return sweeps;
    }

    private static async Task<HashSet<string>> UnreadableAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellation)
    {
        await using var delete = new NpgsqlCommand("DELETE FROM unreadable_keys WHERE run_id = $1 RETURNING stream", connection) { Parameters = { new() { Value = runId } } };
        await using var reader = await delete.ExecuteReaderAsync(cancellation);
        var streams = new HashSet<string>();
        while (await reader.ReadAsync(cancellation))
            streams.Add(reader.GetString(0));
        return streams;
    }

    /// <param name="keep">A sweep waits for a person; the next run that opens forgets it.</param>
    private static async Task ForgetSeenAsync(NpgsqlConnection connection, Guid runId, bool keep, CancellationToken cancellation)
    {
        if (keep)
            return;
        await using var delete = new NpgsqlCommand("DELETE FROM seen WHERE run_id = $1", connection) { Parameters = { new() { Value = runId } } };
        await delete.ExecuteNonQueryAsync(cancellation);
    }

    /// <param name="Fence">The highest that the run loaded under; 0 when it never opened, and so has seen nothing and sweeps nothing.</param>
    /// <param name="Overtaken">Another run has opened since.</param>
    private readonly record struct TakenRun(long Fence, long SeenFrom, bool Overtaken, Tally Counts);

    private static async Task<TakenRun> TakeRunAsync(NpgsqlConnection connection, WriterIdentity writer, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            DELETE FROM run_counts WHERE run_id = $1
            RETURNING fence, seen_from,
                EXISTS (SELECT FROM writers w WHERE w.connection_id = run_counts.connection_id AND w.kind = $2 AND w.run_id <> $1),
                received, inserted, updated, unchanged, deleted, rejected, superseded, swept
            """, connection)
        { Parameters = { new() { Value = writer.RunId }, new() { Value = writer.Kind } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new(reader.GetInt64(0), reader.GetInt64(1), reader.GetBoolean(2), Tally.Read(reader, 3)) : default;
    }

    private static DateTimeOffset Microseconds(DateTimeOffset at) => new(at.Ticks - at.Ticks % TimeSpan.TicksPerMicrosecond, at.Offset);
}
