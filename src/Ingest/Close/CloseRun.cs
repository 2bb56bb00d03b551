using System.Globalization;
using Npgsql;
using Platform.Contracts;
using Platform.Ingest.Load;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Close;

/// <summary>
/// The decision on a run: outcome, counts and event in one transaction. Whoever comes second gets the first one's answer.
/// </summary>
internal sealed class CloseRun(NpgsqlDataSource database, Retries retries, OpenLoads openLoads)
{
    public async Task<RunOutcome> RunAsync(CloseRequest request, CancellationToken cancellation)
    {
        using var activity = PlatformActivity.Source.StartActivity("close");
        var decision = Decision.Parse(request);
        activity?.SetTag("run.id", decision.Writer.RunId).SetTag("connection", decision.Writer.Connection).SetTag("outcome", decision.Outcome);
        var outcome = await retries.RunAsync(token => TryCloseAsync(decision, token), cancellation);
        openLoads.Closed(decision.Writer.ConnectionId, decision.Writer.RunId);
        return outcome.ToMessage();
    }

    private async Task<StoredOutcome> TryCloseAsync(Decision decision, CancellationToken cancellation)
    {
        var writer = decision.Writer;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The same lock first as in a load: a batch in flight is waited for, a later one finds the outcome.
        await using (var locks = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SET LOCAL lock_timeout = '30s'"),
                new("INSERT INTO connections (connection_id, name, connector) VALUES ($1, $2, $3) ON CONFLICT (connection_id) DO NOTHING")
                {
                    Parameters = { new() { Value = writer.ConnectionId }, new() { Value = writer.Connection }, new() { Value = writer.Connector } }
                },
                new("SELECT FROM connections WHERE connection_id = $1 FOR UPDATE") { Parameters = { new() { Value = writer.ConnectionId } } },
            }
        })
            await locks.ExecuteNonQueryAsync(cancellation);

        if (await StoredOutcome.FindAsync(connection, writer.RunId, cancellation) is { } standing)
            return standing;
        var (fence, counts) = await TakeCountsAsync(connection, writer.RunId, cancellation);
        if (fence > writer.Fence)
            throw Errors.StaleFence(writer.Fence, $"the run goes on under {fence}");

        var outcome = new StoredOutcome
        {
            Outcome = decision.Outcome,
            Counts = counts,
            ErrorCode = decision.Error?.Code,
            ErrorMessage = decision.Error?.Message,
            ErrorRemedy = decision.Error?.Remedy,
            ErrorDetail = decision.Error?.Detail,
            Result = decision.Result,
            StartedAt = decision.StartedAt,
            // PostgreSQL keeps microseconds: the first answer and every later one are the same.
            ClosedAt = Microseconds(DateTimeOffset.UtcNow),
        };
        await outcome.InsertAsync(connection, writer, cancellation);
        await Outbox.AppendAsync(transaction, decision.ToEvent(outcome), cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        return outcome;
    }

    /// <returns>The highest fence that the run loaded under and its counts; zeros when it never opened.</returns>
    private static async Task<(long Fence, Tally Counts)> TakeCountsAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            DELETE FROM run_counts WHERE run_id = $1
            RETURNING fence, received, inserted, updated, unchanged, deleted, rejected, superseded, swept
            """, connection)
        { Parameters = { new() { Value = runId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetInt64(0), Tally.Read(reader, 1)) : (0, default);
    }

    private static DateTimeOffset Microseconds(DateTimeOffset at) => new(at.Ticks - at.Ticks % TimeSpan.TicksPerMicrosecond, at.Offset);
}

/// <summary>A checked request to close.</summary>
internal sealed record Decision(WriterIdentity Writer, string Outcome, RunError? Error, string Result, DateTimeOffset? StartedAt)
{
    public static Decision Parse(CloseRequest request)
    {
        var writer = WriterIdentity.Parse(request.Run);
        var errors = new List<FieldError>();
        if (OutcomeNames.Of(request.Outcome) is not { } outcome)
            errors.Add(new("outcome", "invalid_outcome", "must be succeeded, failed or cancelled"));
        if (request.Outcome == V1.Outcome.Failed && request.Error is not { Code.Length: > 0 })
            errors.Add(new("error.code", "required", "a failed run says why"));
        DateTimeOffset? startedAt = null;
        if (request.StartedAt.Length > 0)
        {
            if (DateTimeOffset.TryParse(request.StartedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                startedAt = parsed.ToUniversalTime();
            else
                errors.Add(new("started_at", "invalid_time", "must be RFC 3339 or empty"));
        }

        if (errors.Count > 0)
            throw Errors.BadClose(errors);
        var error = request.Outcome == V1.Outcome.Failed
            ? new RunError
            {
                Code = Storable(request.Error.Code),
                Message = Storable(request.Error.Message),
                Remedy = Storable(request.Error.Remedy),
                Detail = Storable(request.Error.Detail),
            }
            : null;
        return new(writer, OutcomeNames.Of(request.Outcome)!, error, Storable(request.Result), startedAt);
    }

    public OutboxEvent ToEvent(StoredOutcome outcome)
    {
        var (type, body) = outcome.Outcome switch
        {
            OutcomeNames.Succeeded => (EventTypes.SyncCompleted, (object)new SyncCompleted(
                Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, outcome.Counts.ToEvent(), outcome.StartedAt, outcome.ClosedAt)),
            OutcomeNames.Failed => (EventTypes.SyncFailed, new SyncFailed(
                Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, outcome.Counts.ToEvent(),
                new(outcome.ErrorCode!, outcome.ErrorMessage ?? "", string.IsNullOrEmpty(outcome.ErrorRemedy) ? null : outcome.ErrorRemedy),
                outcome.StartedAt, outcome.ClosedAt)),
            _ => (EventTypes.SyncCancelled, new SyncCancelled(
                Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, outcome.Counts.ToEvent(), outcome.StartedAt, outcome.ClosedAt)),
        };
        return new(Guid.CreateVersion7(), type, Writer.Connector, $"/ingest/runs/{Writer.RunId}", body);
    }

    // A connector's words may contain U+0000, which a text column refuses; the decision must not hang on that.
    private static string Storable(string text) => text.Replace('\0', '\ufffd');
}
