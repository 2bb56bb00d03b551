using Dapper;
using Npgsql;

namespace Platform.Gateway.Webhooks;

/// <summary>A webhook as it is kept.</summary>
internal sealed record Webhook
{
    public Guid Id { get; init; }

    public string Name { get; init; } = "";

    public string Url { get; init; } = "";

    public string[] Types { get; init; } = [];

    public string[] Connections { get; init; } = [];

    public bool Enabled { get; init; }

    public string? DisabledReason { get; init; }

    /// <summary>Encrypted.</summary>
    public string Secret { get; init; } = "";

    public string? PreviousSecret { get; init; }

    public DateTime? PreviousUntil { get; init; }

    public string CreatedBy { get; init; } = "";

    public DateTime CreatedAt { get; init; }

    public DateTime UpdatedAt { get; init; }

    public long Revision { get; init; }

    public string ETag => $"\"{Revision}\"";
}

/// <summary>The statements on the table of webhooks.</summary>
internal sealed class WebhookStore(NpgsqlDataSource database)
{
    private const string Columns =
        "id, name, url, types, connections, enabled, disabled_reason, secret, CASE WHEN previous_until > now() THEN previous_secret END AS previous_secret, " +
        "CASE WHEN previous_until > now() THEN previous_until END AS previous_until, created_by, created_at, updated_at, revision";

    /// <exception cref="Platform.ServiceDefaults.ProblemException">409 <c>webhook_exists</c>, <c>too_many_webhooks</c>.</exception>
    public async Task<Webhook> AddAsync(Webhook webhook, int most, CancellationToken cancel)
    {
        try
        {
            // Two at once may bring one more than that: a bound against heaps, and no quota.
            return (await QueryAsync(
                $"""
                INSERT INTO webhooks (id, name, url, types, connections, enabled, secret, created_by)
                SELECT @Id, @Name, @Url, @Types, @Connections, @Enabled, @Secret, @CreatedBy WHERE (SELECT count(*) FROM webhooks) < @most RETURNING {Columns}
                """,
                new { webhook.Id, webhook.Name, webhook.Url, webhook.Types, webhook.Connections, webhook.Enabled, webhook.Secret, webhook.CreatedBy, most }, cancel))
                .SingleOrDefault() ?? throw Errors.TooManyWebhooks(most);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Errors.WebhookExists(webhook.Name);
        }
    }

    public Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancel) => QueryAsync($"SELECT {Columns} FROM webhooks ORDER BY name", null, cancel);

    public async Task<Webhook?> FindAsync(string name, CancellationToken cancel) =>
        (await QueryAsync($"SELECT {Columns} FROM webhooks WHERE name = @name", new { name }, cancel)).SingleOrDefault();

    /// <returns>Null: it is not at this revision any more.</returns>
    public async Task<Webhook?> UpdateAsync(Webhook changed, CancellationToken cancel) => (await QueryAsync(
        $"""
        UPDATE webhooks SET url = @Url, types = @Types, connections = @Connections, enabled = @Enabled, disabled_reason = CASE WHEN @Enabled THEN NULL ELSE disabled_reason END,
            failures = 0, not_before = now(), updated_at = now(), revision = revision + 1
        WHERE id = @Id AND revision = @Revision RETURNING {Columns}
        """,
        new { changed.Id, changed.Url, changed.Types, changed.Connections, changed.Enabled, changed.Revision }, cancel)).SingleOrDefault();

    /// <param name="overlap">So long the secret before signs as well.</param>
    public async Task<Webhook?> RotateAsync(Guid id, string secret, TimeSpan overlap, CancellationToken cancel) => (await QueryAsync(
        $"""
        UPDATE webhooks SET previous_secret = CASE WHEN @overlap > interval '0' THEN secret END, previous_until = CASE WHEN @overlap > interval '0' THEN now() + @overlap END,
            secret = @secret, updated_at = now(), revision = revision + 1
        WHERE id = @id RETURNING {Columns}
        """,
        new { id, secret, overlap }, cancel)).SingleOrDefault();

    public async Task DeleteAsync(Guid id, CancellationToken cancel) => await QueryAsync($"DELETE FROM webhooks WHERE id = @id RETURNING {Columns}", new { id }, cancel);

    private async Task<IReadOnlyList<Webhook>> QueryAsync(string sql, object? parameters, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await connection.QueryAsync<Webhook>(new CommandDefinition(sql, parameters, cancellationToken: cancel))).AsList();
    }
}
