using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>The records of invocations, for whoever asks; what the Runner that carries one out writes is in <see cref="InvocationTurns"/>.</summary>
internal sealed class InvocationStore(NpgsqlDataSource database)
{
    /// <summary>How long a key leads back to its invocation.</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    // In lists and progress, where a result of 1 MiB each would be too much.
    private const string Brief =
        """
        id, connection_id, connection, connector, version, digest, action, mutates, exclusive, state, stage, attempt, cancel_requested_at,
        progress_message, progress_fraction, isolation, result_bytes, error, actor, traceparent, created_at, started_at, finished_at
        """;

    /// <summary>One held by this Runner; null when another one has its key.</summary>
    /// <param name="begins">It need not wait for others and is carried out at once: it is running from the first; else queued.</param>
    public async Task<Invocation?> AddAsync(Invocation asked, bool begins, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = asked.IdempotencyKey is null ? null : await session.BeginTransactionAsync(cancel);
        if (transaction is not null)
            await session.ExecuteAsync(new CommandDefinition(
                """
                update invocations set idempotency_key = null
                where coalesce(actor, '') = coalesce(@Actor, '') and idempotency_key = @IdempotencyKey and created_at < now() - @KeyLifetime
                """,
                new { asked.Actor, asked.IdempotencyKey, KeyLifetime }, transaction, cancellationToken: cancel));
        var added = await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition(
            """
            insert into invocations (id, connection_id, connection, connector, version, digest, action, arguments, mutates, exclusive, state, stage, attempt, started_at,
                lease_owner, lease_until, idempotency_key, idempotency_hash, actor, traceparent)
            values (@Id, @ConnectionId, @Connection, @Connector, @Version, @Digest, @Action, @Arguments::json, @Mutates, @Exclusive,
                case when @begins then 'running' else 'queued' end, case when @begins then 'starting' end, @begins::integer, case when @begins then now() end, @Owner, now() + @LeaseTime, @IdempotencyKey, @IdempotencyHash, @Actor, @Traceparent)
            on conflict (coalesce(actor, ''), idempotency_key) where idempotency_key is not null do nothing
            returning *
            """,
            Parameters(asked, new { begins, InvocationTurns.Owner, InvocationTurns.LeaseTime }), transaction, cancellationToken: cancel));
        if (transaction is not null)
            await transaction.CommitAsync(cancel);
        return added;
    }

    /// <summary>One that was never begun, with its event. It keeps no key: a corrected request is another one.</summary>
    public async Task<Invocation> AddRejectedAsync(Invocation asked, InvocationError error, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        var added = await session.QuerySingleAsync<Invocation>(new CommandDefinition(
            """
            insert into invocations (id, connection_id, connection, connector, version, digest, action, arguments, mutates, exclusive, state, error,
                actor, traceparent, finished_at)
            values (@Id, @ConnectionId, @Connection, @Connector, @Version, @Digest, @Action, @Arguments::json, @Mutates, @Exclusive, 'rejected', @Error::json,
                @Actor, @Traceparent, now())
            returning *
            """,
            Parameters(asked, new { Error = JsonSerializer.Serialize(error, PlatformJson.Options) }), transaction, cancellationToken: cancel));
        await Outbox.AppendAsync(transaction, InvocationEvents.Ended(added, error), cancel);
        await transaction.CommitAsync(cancel);
        return added;
    }

    public async Task<Invocation?> FindAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition("select * from invocations where id = @id", new { id }, cancellationToken: cancel));
    }

    /// <summary>Without arguments and result.</summary>
    public async Task<Invocation?> FindBriefAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition($"select {Brief} from invocations where id = @id", new { id }, cancellationToken: cancel));
    }

    /// <summary>The invocation that a key of the last 24 hours leads to. Keys are each caller's own.</summary>
    public async Task<Invocation?> FindByKeyAsync(string? actor, string key, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition(
            "select * from invocations where coalesce(actor, '') = coalesce(@actor, '') and idempotency_key = @key and created_at >= now() - @KeyLifetime",
            new { actor, key, KeyLifetime }, cancellationToken: cancel));
    }

    /// <summary>Newest first, without arguments and results; <paramref name="before"/> is the last one of the page before.</summary>
    /// <param name="covered">See <see cref="Caller.ActionPatterns"/>.</param>
    public async Task<IReadOnlyList<Invocation>> ListAsync((string[] Connections, string[] Actions)? covered, string? connection, string? action, string? state, Guid? before, int limit, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return [.. await session.QueryAsync<Invocation>(new CommandDefinition(
            $"""
            select {Brief} from invocations
            where (@connections::text[] is null
                    or exists (select from unnest(@connections::text[], @actions::text[]) as covered(connection, action) where invocations.connection like covered.connection and invocations.action like covered.action))
                and (@connection::text is null or connection = @connection) and (@action::text is null or action = @action)
                and (@state::text is null or state = @state) and (@before::uuid is null or id < @before)
            order by id desc limit @limit
            """,
            new { connections = covered?.Connections, actions = covered?.Actions, connection, action, state, before, limit }, cancellationToken: cancel))];
    }

    /// <summary>Whether a run of the connection is active, and how many mutating actions of it wait.</summary>
    public async Task<(bool RunActive, int Waiting)> BusyAsync(Guid connectionId, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleAsync<(bool, int)>(new CommandDefinition(
            """
            select exists (select 1 from runs where connection_id = @connectionId and state = 'running'),
                (select count(*)::integer from invocations where connection_id = @connectionId and state = 'queued' and mutates)
            """,
            new { connectionId }, cancellationToken: cancel));
    }

    /// <summary>Marks an unfinished one; null when it has ended.</summary>
    public async Task<Invocation?> RequestCancelAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition(
            """
            with changed as (
                update invocations set cancel_requested_at = coalesce(cancel_requested_at, now()) where id = @id and state in ('queued', 'running') returning *)
            select changed.* from changed, pg_notify('runs', changed.id::text)
            """,
            new { id }, cancellationToken: cancel));
    }

    /// <summary>Asks for the end of all of a connection, as when it is deleted.</summary>
    public async Task CancelOfConnectionAsync(Guid connectionId, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            """
            with changed as (
                update invocations set cancel_requested_at = coalesce(cancel_requested_at, now())
                where connection_id = @connectionId and state in ('queued', 'running') returning id)
            select pg_notify('runs', changed.id::text) from changed
            """,
            new { connectionId }, cancellationToken: cancel));
    }

    /// <summary>Which of these bundles belong to invocations that have not ended.</summary>
    public async Task<IReadOnlySet<string>> DigestsInUseAsync(string[] digests, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return (await session.QueryAsync<string>(new CommandDefinition(
            "select distinct digest from invocations where state in ('queued', 'running') and digest = any(@digests)", new { digests }, cancellationToken: cancel))).ToHashSet();
    }

    private static DynamicParameters Parameters(Invocation asked, object others)
    {
        var parameters = new DynamicParameters(others);
        parameters.AddDynamicParams(new
        {
            asked.Id,
            asked.ConnectionId,
            asked.Connection,
            asked.Connector,
            asked.Version,
            asked.Digest,
            asked.Action,
            asked.Arguments,
            asked.Mutates,
            asked.Exclusive,
            asked.IdempotencyKey,
            asked.IdempotencyHash,
            asked.Actor,
            asked.Traceparent,
        });
        return parameters;
    }
}
