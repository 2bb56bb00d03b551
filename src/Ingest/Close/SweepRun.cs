using Npgsql;
using Platform.Contracts;
using Platform.Ingest.Load;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Close;

/// <summary>Carries out what the delete guard held back, once a person has looked: one transaction, with counts and event.</summary>
internal sealed class SweepRun(NpgsqlDataSource database, Retries retries)
{
    public async Task<RunOutcome> RunAsync(SweepRequest request, CancellationToken cancellation)
    {
        if (!Guid.TryParse(request.RunId, out var runId))
            throw Errors.BadIdentity([new("run_id", "invalid_uuid", "must be a UUID")]);
        using var activity = PlatformActivity.Source.StartActivity("sweep")?.SetTag("run.id", runId);
        return (await retries.RunAsync(token => TrySweepAsync(runId, token), cancellation)).ToMessage();
    }

    private async Task<StoredOutcome> TrySweepAsync(Guid runId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var lastRun = await LockAsync(connection, runId, cancellation);
        if (await StoredOutcome.FindAsync(connection, runId, cancellation) is not { } outcome)
            throw Errors.UnknownRun(runId);
        var held = outcome.Sweeps.Where(sweep => sweep.Decision == StreamSweep.Held).ToList();
        if (held.Count == 0)
            return outcome.Sweeps.Any(sweep => sweep.Decision == StreamSweep.Swept) ? outcome : throw Errors.NothingToSweep(runId);
        if (lastRun != runId)
            throw Errors.SweepSuperseded(runId);

        var counts = outcome.Counts;
        foreach (var sweep in held)
        {
            var changes = outcome.NotifyChanges ? new ChangedObjects(outcome.Writer) : null;
            counts.Swept += await SweepStreams.DeleteAsync(transaction, outcome.Writer, sweep.Stream, sweep.SeenFrom, changes, cancellation);
            await (sweep with { Decision = StreamSweep.Swept }).SaveAsync(connection, outcome.Writer, cancellation);
        }

        await using var save = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("UPDATE outcomes SET swept = $2 WHERE run_id = $1") { Parameters = { new() { Value = runId }, new() { Value = counts.Swept } } },
                new("DELETE FROM seen WHERE run_id = $1") { Parameters = { new() { Value = runId } } },
            }
        };
        await save.ExecuteNonQueryAsync(cancellation);
        var writer = outcome.Writer;
        var swept = new SyncSwept(writer.RunId, writer.ConnectionId, writer.Connection, writer.Connector, counts.ToEvent(), DateTimeOffset.UtcNow);
        await Outbox.AppendAsync(
            transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.SyncSwept, writer.Connector, $"/ingest/runs/{runId}", swept), cancellation);
        FaultPoints.Pass("held-sweep-written");
        await transaction.CommitAsync(CancellationToken.None);
        FaultPoints.Pass("held-sweep-committed");
        ObjectCounter.Add(writer, new() { Swept = counts.Swept - outcome.Counts.Swept });
        return outcome with { Counts = counts, Sweeps = [.. outcome.Sweeps.Select(sweep => sweep.Decision == StreamSweep.Held ? sweep with { Decision = StreamSweep.Swept } : sweep)] };
    }

    /// <returns>The run that opened last on this one's connection; null: this run has no outcome, or none ever opened.</returns>
    private static async Task<Guid?> LockAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                ConnectionRow.LimitTheWait(),
                new("SELECT FROM connections WHERE connection_id = (SELECT connection_id FROM outcomes WHERE run_id = $1) FOR UPDATE") { Parameters = { new() { Value = runId } } },
            }
        };
        await batch.ExecuteNonQueryAsync(cancellation);
        await using var find = new NpgsqlCommand(
            "SELECT w.run_id FROM writers w JOIN outcomes o USING (connection_id) WHERE o.run_id = $1 AND w.kind = 'sync'", connection)
        {
            Parameters = { new() { Value = runId } }
        };
        return await find.ExecuteScalarAsync(cancellation) as Guid?;
    }
}
