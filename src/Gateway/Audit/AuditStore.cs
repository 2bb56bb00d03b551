using Dapper;
using Npgsql;

namespace Platform.Gateway.Audit;

internal sealed class AuditStore(NpgsqlDataSource database)
{
    /// <param name="Denied">Only what was refused: 401, 403 and 429.</param>
    /// <param name="Before">Only ids below it.</param>
    internal sealed record Filter(string? Actor, string? Path, bool Denied, DateTime? Since, DateTime? Until, long? Before);

    /// <summary>In the order given.</summary>
    public async Task AddAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO audit (at, actor, token_id, address, method, path, status, code, trace_id)
            SELECT at, actor, token_id, address, method, path, status, code, trace_id
            FROM unnest(@at, @actor, @token, @address, @method, @path, @status, @code, @trace)
                WITH ORDINALITY AS row(at, actor, token_id, address, method, path, status, code, trace_id, place)
            ORDER BY place
            """,
            new
            {
                at = entries.Select(e => e.At).ToArray(), actor = entries.Select(e => e.Actor).ToArray(), token = entries.Select(e => e.TokenId).ToArray(),
                address = entries.Select(e => e.Address).ToArray(), method = entries.Select(e => e.Method).ToArray(), path = entries.Select(e => e.Path).ToArray(),
                status = entries.Select(e => e.Status).ToArray(), code = entries.Select(e => e.Code).ToArray(), trace = entries.Select(e => e.TraceId).ToArray(),
            },
            cancellationToken: cancel));
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(Filter filter, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return [.. await connection.QueryAsync<AuditEntry>(new CommandDefinition(
            """
            SELECT id, at, actor, token_id AS TokenId, address, method, path, status, code, trace_id AS TraceId FROM audit
            WHERE (@Actor::text IS NULL OR actor = @Actor) AND (@Path::text IS NULL OR starts_with(path, @Path)) AND (NOT @Denied OR status IN (401, 403, 429))
                AND (@Since::timestamptz IS NULL OR at >= @Since) AND (@Until::timestamptz IS NULL OR at < @Until) AND (@Before::bigint IS NULL OR id < @Before)
            ORDER BY id DESC LIMIT @limit
            """,
            new { filter.Actor, filter.Path, filter.Denied, filter.Since, filter.Until, filter.Before, limit },
            cancellationToken: cancel))];
    }

    /// <summary>Removes some of what is older; the table's trigger refuses what is younger than 30 days.</summary>
    /// <returns>How many.</returns>
    public async Task<int> PurgeAsync(TimeSpan olderThan, int most, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < now() - @olderThan ORDER BY at LIMIT @most)", new { olderThan, most }, cancellationToken: cancel));
    }
}
