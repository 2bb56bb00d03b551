using Dapper;
using Npgsql;
using Platform.Registry.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>Requests for runs with an idempotency key: for a day the same request gets the same run, whatever has become of it. Keys are each caller's own.</summary>
internal sealed class RunRequests(NpgsqlDataSource database)
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>The run that this request has got before; null when it is new.</summary>
    /// <exception cref="ProblemException">409 <c>idempotency_key_reused</c>.</exception>
    public async Task<Run?> FindAsync(string? actor, string key, byte[] hash, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await FindAsync(session, actor ?? "", key, hash, cancel);
    }

    /// <summary>As <see cref="RunStore.QueueAsync(Guid, string, string, string?, string?, CancellationToken, bool)"/>, once for each key.</summary>
    /// <exception cref="ProblemException">409 <c>idempotency_key_reused</c>.</exception>
    public async Task<Run> QueueAsync(Connection connection, string? traceparent, string? actor, bool fromStart, string key, byte[] hash, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        // Only one of two that come at the same time goes on; the other then finds what it has got.
        await session.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended(@name, 1))", new { name = $"{actor}\n{key}" }, cancellationToken: cancel));
        if (await FindAsync(session, actor ?? "", key, hash, cancel) is { } known)
            return known;
        var run = await RunStore.QueueAsync(session, Guid.Parse(connection.Id), connection.Name, connection.Connector, traceparent, actor, fromStart, cancel);
        await session.ExecuteAsync(new CommandDefinition(
            """
            delete from run_requests where created_at <= now() - @Kept;
            insert into run_requests (actor, key, hash, run_id) values (@actor, @key, @hash, @id);
            """,
            new { actor = actor ?? "", key, hash, id = run.Id, Kept }, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        return run;
    }

    private static async Task<Run?> FindAsync(NpgsqlConnection session, string actor, string key, byte[] hash, CancellationToken cancel)
    {
        var known = await session.QuerySingleOrDefaultAsync<(byte[] Hash, Guid Run)?>(new CommandDefinition(
            "select hash, run_id from run_requests where actor = @actor and key = @key and created_at > now() - @Kept",
            new { actor, key, Kept }, cancellationToken: cancel));
        if (known is not { } request)
            return null;
        if (!request.Hash.AsSpan().SequenceEqual(hash))
            throw IdempotencyKey.Reused();
        return await session.QuerySingleAsync<Run>(new CommandDefinition("select * from runs where id = @Run", new { request.Run }, cancellationToken: cancel));
    }
}
