using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Gateway.Events;

namespace Platform.Gateway.Webhooks;

/// <summary>
/// Sends what is due: for each webhook one after the other in the order of ids, for several webhooks at once. A webhook is leased meanwhile, so that replicas
/// don't send the same at a time; the lease of a process that died runs out, and what it may have sent is sent again.
/// </summary>
internal sealed partial class WebhookSender(
    NpgsqlDataSource database, WebhookPost post, EventFeed feed, IOptions<WebhookOptions> options, ILogger<WebhookSender> logger) : BackgroundService
{
    private const int LeaseSeconds = 60;

    // Then others that wait have their turn.
    private const int SentAtOnce = 50;

    // After failures in a row its target is left alone for 1, 2, 4 … seconds, up to this.
    private const int LongestRest = 60;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim bell = new(0, 1);

    /// <summary>There may be something to send.</summary>
    public void Ring()
    {
        try
        {
            bell.Release();
        }
        catch (SemaphoreFullException)
        {
            // It rings already.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        feed.Grew += Ring;
        using var slots = new SemaphoreSlim(options.Value.Concurrency);
        var underway = new HashSet<Task>();
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await slots.WaitAsync(stoppingToken);
                underway.RemoveWhere(task => task.IsCompleted);
                if (await LeaseAsync(stoppingToken) is { } webhook)
                {
                    underway.Add(SendAllAsync(webhook, slots, stoppingToken));
                    continue;
                }

                slots.Release();
                failures = 0;
                await bell.WaitAsync(Poll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                slots.Release();
                if (failures++ == 0) LogInterrupted(e.Message);
                await Task.Delay(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        feed.Grew -= Ring;
        await Task.WhenAll(underway);
    }

    private async Task<Leased?> LeaseAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.QuerySingleOrDefaultAsync<Leased>(new CommandDefinition(
            $"""
            UPDATE webhooks SET lease = @lease, leased_until = now() + interval '{LeaseSeconds} s' WHERE id = (
                SELECT id FROM webhooks w WHERE enabled AND (leased_until IS NULL OR leased_until < now()) AND not_before <= now()
                    AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_attempt_at <= now())
                ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id, lease
            """,
            new { lease = Guid.NewGuid() }, cancellationToken: cancel));
    }

    private async Task SendAllAsync(Leased webhook, SemaphoreSlim slots, CancellationToken cancel)
    {
        try
        {
            for (var sent = 0; sent < SentAtOnce && await NextAsync(webhook, cancel) is { } due; sent++)
            {
                var body = StoredEvent.Write(due.EventId, due.Type, due.Source, due.Time, due.Data);
                string[] secrets = due.PreviousSecret is { } previous ? [due.Secret, previous] : [due.Secret];
                await RecordAsync(webhook, due, await post.SendAsync(due.Url, secrets, due.EventId, body, cancel), cancel);
            }

            await using var connection = await database.OpenConnectionAsync(cancel);
            // Behind those that wait.
            await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE webhooks SET lease = NULL, leased_until = NULL, not_before = greatest(not_before, now()) WHERE id = @Id AND lease = @Lease", webhook, cancellationToken: cancel));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException or System.Security.Cryptography.CryptographicException)
        {
            // The lease runs out, and then it is somebody's again.
            if (!cancel.IsCancellationRequested) LogAbandoned(webhook.Id, e.Message);
        }
        finally
        {
            slots.Release();
            Ring();
        }
    }

    /// <summary>The next one that is due, and the lease anew; null: there is none, or the lease is lost.</summary>
    private async Task<Due?> NextAsync(Leased webhook, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.QuerySingleOrDefaultAsync<Due>(new CommandDefinition(
            $"""
            UPDATE webhooks w SET leased_until = now() + interval '{LeaseSeconds} s' FROM (
                SELECT d.seq, d.attempts, e.event_id, e.type, e.source, e.time, e.data FROM webhook_deliveries d JOIN events e USING (seq)
                WHERE d.webhook_id = @Id AND d.state = 'pending' AND d.next_attempt_at <= now() ORDER BY d.seq LIMIT 1
            ) AS due
            WHERE w.id = @Id AND w.lease = @Lease AND w.enabled AND w.not_before <= now()
            RETURNING w.url, w.secret, CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret,
                due.seq, due.attempts, due.event_id, due.type, due.source, due.time, due.data
            """,
            webhook, cancellationToken: cancel));
    }

    private async Task RecordAsync(Leased webhook, Due due, WebhookPost.Outcome outcome, CancellationToken cancel)
    {
        var gone = outcome.Status == StatusCodes.Status410Gone;
        var retries = options.Value.Retries;
        var state = outcome.Error is null ? "delivered" : gone || due.Attempts >= retries.Count ? "dead" : "pending";
        var pause = state == "pending" ? retries[due.Attempts] * (0.8 + Random.Shared.NextDouble() * 0.4) : 0;
        if (outcome.RetryAfter is { } asked) pause = Math.Max(pause, Math.Min(asked.TotalSeconds, 24 * 3600));
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // First the webhook, as whoever deletes one does.
        var held = await connection.ExecuteAsync(new CommandDefinition(
            $"""
            UPDATE webhooks SET failures = CASE WHEN @failed THEN failures + 1 ELSE 0 END,
                not_before = CASE WHEN @failed THEN now() + least(@rest * power(2, least(failures, 10)), {LongestRest}) * interval '1 s' ELSE not_before END,
                enabled = enabled AND NOT @gone, disabled_reason = CASE WHEN @gone THEN 'The target answered 410 Gone.' ELSE disabled_reason END
            WHERE id = @Id AND lease = @Lease
            """,
            new { webhook.Id, webhook.Lease, failed = outcome.Error is not null, gone, rest = Math.Min(1, retries.Count > 0 ? retries[0] : 1) }, transaction, cancellationToken: cancel));
        if (held == 0) return;
        await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE webhook_deliveries SET state = @state, attempts = attempts + 1, next_attempt_at = now() + @pause * interval '1 s', attempted_at = now(),
                duration_ms = @DurationMs, status = @Status, error = @Error, response = @Response
            WHERE webhook_id = @Id AND seq = @Seq
            """,
            new { webhook.Id, due.Seq, state, pause, outcome.DurationMs, outcome.Status, outcome.Error, outcome.Response }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        if (gone) LogGone(webhook.Id);
        else if (state == "dead") LogDead(due.Seq, webhook.Id, outcome.Error);
    }

    private sealed record Leased(Guid Id, Guid Lease);

    private sealed record Due(string Url, string Secret, string? PreviousSecret, long Seq, int Attempts, string EventId, string Type, string Source, DateTime Time, string Data);

    [LoggerMessage(1, LogLevel.Warning, "Webhooks wait until the database answers again: {Reason}")]
    private partial void LogInterrupted(string reason);

    [LoggerMessage(2, LogLevel.Warning, "Webhook {Webhook} is left until its lease runs out: {Reason}")]
    private partial void LogAbandoned(Guid webhook, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Webhook {Webhook} is disabled: its target answered 410 Gone")]
    private partial void LogGone(Guid webhook);

    [LoggerMessage(4, LogLevel.Warning, "Event {Seq} is a dead letter of webhook {Webhook}: {Reason}")]
    private partial void LogDead(long seq, Guid webhook, string? reason);
}
