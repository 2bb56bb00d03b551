using Dapper;
using Npgsql;
using Platform.Runner.Runs;

namespace Platform.Runner.Subscriptions;

/// <summary>Which replica listens for which connection: leases and fences as those of the runs, in a table of their own, as they never end by themselves.</summary>
internal sealed class ListenerStore(NpgsqlDataSource database)
{
    /// <summary>One that is due and nobody holds, under a new fence; null: there is none.</summary>
    public async Task<Listener?> LeaseAsync(CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Listener>(new CommandDefinition(
            """
            update listeners set fence = nextval('fences'), lease_owner = @Owner, lease_until = now() + @LeaseTime
            where connection_id = (
                select connection_id from listeners where next_attempt_at <= now() and (lease_until is null or lease_until < now())
                order by next_attempt_at for update skip locked limit 1)
            returning *
            """,
            new { RunStore.Owner, RunStore.LeaseTime }, cancellationToken: cancel));
    }

    /// <returns>False: the lease is lost.</returns>
    public async Task<bool> HeartbeatAsync(Listener listener, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.ExecuteAsync(new CommandDefinition(
            "update listeners set lease_until = now() + @LeaseTime where connection_id = @ConnectionId and fence = @Fence",
            new { listener.ConnectionId, listener.Fence, RunStore.LeaseTime }, cancellationToken: cancel)) > 0;
    }

    /// <summary>It is well: the next failure is the first again.</summary>
    public Task RecoveredAsync(Listener listener, CancellationToken cancel) => SetAsync(listener, "failures = 0", new { listener.ConnectionId, listener.Fence }, cancel);

    /// <summary>Leaves it to whoever is first once the pause is over.</summary>
    /// <param name="failed">It counts as a failure.</param>
    public Task ReleaseAsync(Listener listener, TimeSpan pause, bool failed, CancellationToken cancel) => SetAsync(
        listener, "lease_owner = null, lease_until = null, next_attempt_at = now() + @pause, failures = failures + @more",
        new { listener.ConnectionId, listener.Fence, pause, more = failed ? 1 : 0 }, cancel);

    /// <summary>Removes it if nothing is subscribed any more.</summary>
    /// <returns>False: something is, by now.</returns>
    public async Task<bool> RemoveAsync(Listener listener, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            "select from listeners where connection_id = @ConnectionId for update", new { listener.ConnectionId }, transaction, cancellationToken: cancel));
        var removed = await session.ExecuteAsync(new CommandDefinition(
            """
            delete from listeners where connection_id = @ConnectionId and fence = @Fence
                and not exists (select from subscriptions where connection_id = @ConnectionId)
            """,
            new { listener.ConnectionId, listener.Fence }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        return removed > 0;
    }

    /// <summary>Goes on as another run: Ingest has decided on this one already.</summary>
    public Task RenewAsync(Listener listener, CancellationToken cancel) => SetAsync(
        listener, "run_id = @run, lease_owner = null, lease_until = null, next_attempt_at = now()",
        new { listener.ConnectionId, listener.Fence, run = Guid.CreateVersion7() }, cancel);

    private async Task SetAsync(Listener listener, string change, object values, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            $"update listeners set {change} where connection_id = @ConnectionId and fence = @Fence", values, cancellationToken: cancel));
    }
}
