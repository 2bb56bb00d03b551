using System.Globalization;
using Npgsql;
using Platform.Contracts;
using Platform.Ingest.V1;

namespace Platform.Ingest.Close;

/// <summary>The names of outcomes in the table.</summary>
internal static class OutcomeNames
{
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    public static string? Of(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => Succeeded,
        Outcome.Failed => Failed,
        Outcome.Cancelled => Cancelled,
        _ => null,
    };
}

/// <summary>A row of <c>outcomes</c>, and what became of the run's sweeps.</summary>
internal sealed record StoredOutcome
{
    public required WriterIdentity Writer { get; init; }
    public required string Outcome { get; init; }
    public required Tally Counts { get; init; }
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }
    public string? ErrorRemedy { get; init; }
    public string? ErrorDetail { get; init; }
    public required string Result { get; init; }
    public bool NotifyChanges { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset ClosedAt { get; init; }
    public IReadOnlyList<StreamSweep> Sweeps { get; init; } = [];

    public IEnumerable<RunWarning> Warnings => Sweeps.Select(sweep => sweep.Warning(Writer.RunId)).OfType<RunWarning>();

    /// <returns>Null: the run is undecided.</returns>
    public static async Task<StoredOutcome?> FindAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellation)
    {
        StoredOutcome found;
        await using (var command = new NpgsqlCommand("""
            SELECT outcome, error_code, error_message, error_remedy, error_detail, result, started_at, closed_at, connection_id, connection, connector, fence,
                   notify_changes, received, inserted, updated, unchanged, deleted, rejected, superseded, swept
            FROM outcomes WHERE run_id = $1
            """, connection)
        { Parameters = { new() { Value = runId } } })
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation))
                return null;
            found = new()
            {
                Outcome = reader.GetString(0),
                ErrorCode = Text(reader, 1),
                ErrorMessage = Text(reader, 2),
                ErrorRemedy = Text(reader, 3),
                ErrorDetail = Text(reader, 4),
                Result = reader.GetString(5),
                StartedAt = reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
                ClosedAt = reader.GetFieldValue<DateTimeOffset>(7),
                Writer = new(runId, reader.GetGuid(8), reader.GetString(9), reader.GetString(10), reader.GetInt64(11)),
                NotifyChanges = reader.GetBoolean(12),
                Counts = Tally.Read(reader, 13),
            };
        }

        return found with { Sweeps = await StreamSweep.FindAsync(connection, runId, cancellation) };
    }

    public async Task InsertAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var insert = new NpgsqlCommand("""
            INSERT INTO outcomes (run_id, connection_id, connection, connector, fence, outcome, error_code, error_message, error_remedy, error_detail, result,
                notify_changes, started_at, closed_at, received, inserted, updated, unchanged, deleted, rejected, superseded, swept)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            """, connection);
        object?[] values =
        [
            Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, Writer.Fence, Outcome, ErrorCode, ErrorMessage, ErrorRemedy, ErrorDetail, Result,
            NotifyChanges, StartedAt, ClosedAt,
            Counts.Received, Counts.Inserted, Counts.Updated, Counts.Unchanged, Counts.Deleted, Counts.Rejected, Counts.Superseded, Counts.Swept,
        ];
        foreach (var value in values)
            insert.Parameters.Add(new() { Value = value ?? DBNull.Value });
        await insert.ExecuteNonQueryAsync(cancellation);
        foreach (var sweep in Sweeps)
            await sweep.SaveAsync(connection, Writer, cancellation);
    }

    public RunOutcome ToMessage() => new()
    {
        Outcome = Outcome switch
        {
            OutcomeNames.Succeeded => V1.Outcome.Succeeded,
            OutcomeNames.Failed => V1.Outcome.Failed,
            _ => V1.Outcome.Cancelled,
        },
        Counts = Counts.ToCounts(),
        Error = ErrorCode is null
            ? null
            : new() { Code = ErrorCode, Message = ErrorMessage ?? "", Remedy = ErrorRemedy ?? "", Detail = ErrorDetail ?? "" },
        ClosedAt = ClosedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        Result = Result,
        CompleteStreams = { Sweeps.Select(sweep => sweep.Stream) },
        Warnings = { Warnings },
    };

    /// <summary>What consumers hear of the decision.</summary>
    public (string Type, object Body) ToEvent() => Outcome switch
    {
        OutcomeNames.Succeeded => (EventTypes.SyncCompleted, new SyncCompleted(
            Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, Counts.ToEvent(),
            [.. Warnings.Select(warning => new EventWarning(warning.Code, warning.Stream, warning.Message, warning.Remedy))], StartedAt, ClosedAt)),
        OutcomeNames.Failed => (EventTypes.SyncFailed, new SyncFailed(
            Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, Counts.ToEvent(),
            new(ErrorCode!, ErrorMessage ?? "", string.IsNullOrEmpty(ErrorRemedy) ? null : ErrorRemedy), StartedAt, ClosedAt)),
        _ => (EventTypes.SyncCancelled, new SyncCancelled(
            Writer.RunId, Writer.ConnectionId, Writer.Connection, Writer.Connector, Counts.ToEvent(), StartedAt, ClosedAt)),
    };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
