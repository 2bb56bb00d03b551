using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Webhooks;

/// <summary>What is due to webhooks and what became of it: the statements on that table.</summary>
internal sealed class WebhookDeliveries(NpgsqlDataSource database)
{
    private const string Columns =
        "d.seq AS id, e.event_id, e.type, e.connection, d.state, d.attempts, CASE WHEN d.state = 'pending' THEN d.next_attempt_at END AS next_attempt_at, " +
        "d.attempted_at, d.duration_ms, d.status, d.error, d.response";

    /// <summary>In the transaction that keeps the events behind <paramref name="after"/>: what webhooks are due of them. Survives whatever the process does not.</summary>
    public static async Task PlanAsync(NpgsqlTransaction transaction, long after, CancellationToken cancel)
    {
        await using var plan = new NpgsqlCommand(
            """
            INSERT INTO webhook_deliveries (webhook_id, seq)
            SELECT w.id, e.seq FROM webhooks w JOIN events e ON e.seq > $1
                AND (w.connections = '{}' OR e.connection = ANY (w.connections))
                AND (w.types = '{}' OR EXISTS (SELECT FROM unnest(w.types) AS wanted(type)
                    WHERE e.type LIKE replace(replace(replace(replace(wanted.type, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%')))
            WHERE w.enabled
            FOR KEY SHARE OF w
            """,
            transaction.Connection, transaction) { Parameters = { new() { Value = after } } };
        await plan.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The newest first.</summary>
    /// <param name="before">Null: from the newest on.</param>
    public async Task<Page<DeliveryView>> ListAsync(Guid webhook, string? state, long? before, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var found = (await connection.QueryAsync<DeliveryView>(new CommandDefinition(
            $"""
            SELECT {Columns} FROM webhook_deliveries d JOIN events e USING (seq)
            WHERE d.webhook_id = @webhook AND (@state::text IS NULL OR d.state = @state) AND (@before::bigint IS NULL OR d.seq < @before)
            ORDER BY d.seq DESC LIMIT @most
            """,
            new { webhook, state, before, most = limit + 1 }, cancellationToken: cancel))).AsList();
        var page = found.Take(limit).ToList();
        return new(page, found.Count > limit ? Cursor.Encode(page[^1].Id.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null);
    }

    /// <param name="seq">Null: all that are dead.</param>
    /// <returns>How many are tried again, as if for the first time.</returns>
    public async Task<int> ReplayAsync(Guid webhook, long? seq, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_attempt_at = now()
            WHERE webhook_id = @webhook AND (seq = @seq OR @seq::bigint IS NULL AND state = 'dead')
            """,
            new { webhook, seq }, cancellationToken: cancel));
    }
}

/// <summary>An event that is, or was, to be sent to a webhook.</summary>
internal sealed record DeliveryView
{
    /// <summary>The id of the event in GET /v1/events.</summary>
    public long Id { get; init; }

    /// <summary>The CloudEvents id, sent as webhook-id: the same at every attempt.</summary>
    public string EventId { get; init; } = "";

    public string Type { get; init; } = "";

    public string? Connection { get; init; }

    /// <summary>pending, delivered or dead.</summary>
    public string State { get; init; } = "";

    public int Attempts { get; init; }

    public DateTime? NextAttemptAt { get; init; }

    public DateTime? AttemptedAt { get; init; }

    public int? DurationMs { get; init; }

    /// <summary>The HTTP status of the last attempt; null: there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Error { get; init; }

    /// <summary>The first 4 KiB of the last answer's body.</summary>
    public string? Response { get; init; }
}
