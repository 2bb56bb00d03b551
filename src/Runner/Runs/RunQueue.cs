using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>Who may take which run: queued ones and due attempts within the limits, and those that nobody is behind any more.</summary>
internal sealed class RunQueue(NpgsqlDataSource database)
{
    /// <summary>Of all transactions that lease runs, begin exclusive actions or change limits. Whoever stands still in the middle of one must not keep all others from theirs.</summary>
    public const string OneAtATime =
        """
        select set_config('idle_in_transaction_session_timeout', '5000', true);
        select pg_advisory_xact_lock(hashtext('run_limits'));
        """;

    /// <summary>
    /// Begins the next attempt of a queued or waiting run under a new fence, with its event; null when there is none to take now.
    /// One replica at a time looks and takes, so that together they never exceed a limit.
    /// </summary>
    /// <param name="id">This one only; null: the oldest.</param>
    public async Task<Run?> LeaseAsync(Guid? id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(OneAtATime, transaction: transaction, cancellationToken: cancel));
        var run = await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition(
            """
            with active as (select connector, count(*) as count from runs where state = 'running' and next_attempt_at is null group by connector)
            update runs set state = 'running', stage = 'starting', attempt = attempt + case when handed_on then 0 else 1 end, handed_on = false, fence = nextval('fences'), next_attempt_at = null, waiting_for = 'connector',
                lease_owner = @Owner, lease_until = now() + @LeaseTime, started_at = coalesce(started_at, now())
            where id = (
                select q.id from runs q
                where q.cancel_requested_at is null and (@id::uuid is null or q.id = @id)
                    and (q.state = 'queued' and not exists (select 1 from runs r where r.connection_id = q.connection_id and r.state = 'running')
                        or q.state = 'running' and q.next_attempt_at <= now() and q.lease_until is null)
                    and not exists (select 1 from invocations i where i.connection_id = q.connection_id and i.state = 'running' and i.exclusive)
                    and not exists (
                        select 1 from run_limits l
                        where l.connector in ('', q.connector)
                            and (select coalesce(sum(a.count), 0) from active a where l.connector in ('', a.connector)) >= l.concurrent)
                order by q.id for update of q skip locked limit 1)
            returning *
            """,
            new { id, RunStore.Owner, RunStore.LeaseTime }, transaction, cancellationToken: cancel));
        if (run is null)
            return null;
        using var activity = run.Continue("lease run");
        var started = new SyncStarted(run.Id, run.ConnectionId, run.Connection, run.Connector, run.Attempt, run.StartedAt!.Value);
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.SyncStarted, run.Connector, RunEvents.Source(run.Id), started), cancel);
        await transaction.CommitAsync(cancel);
        FaultPoints.Pass("run-leased");
        return run;
    }

    /// <summary>
    /// A run that nobody is behind: its Runner is gone, or it was cancelled before it ran or while it waited for its next attempt.
    /// Under a new fence; it does not count against a limit that it didn't count against before.
    /// </summary>
    public async Task<Run?> LeaseAbandonedAsync(CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        var run = await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition(
            """
            update runs set fence = nextval('fences'), lease_owner = @Owner, lease_until = now() + @LeaseTime
            where id = (
                select id from runs
                where state in ('queued', 'running') and (
                    lease_until < now()
                    or lease_until is null and cancel_requested_at is not null)
                order by id for update skip locked limit 1)
            returning *
            """,
            new { RunStore.Owner, RunStore.LeaseTime }, cancellationToken: cancel));
        if (run is not null)
            FaultPoints.Pass("abandoned-leased");
        return run;
    }

    /// <summary>The attempt has failed and another is to come: any replica takes it when it is due, and its slot is free until then.</summary>
    /// <param name="handedOn">The next attempt has the number of this one.</param>
    /// <returns>False when a newer fence exists: then its holder says what follows.</returns>
    public async Task<bool> AwaitNextAttemptAsync(Run run, RunFault fault, bool handedOn, TimeSpan pause, LoadTotals? totals, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return (await session.QueryAsync<Guid>(new CommandDefinition(
            $"""
            with changed as (
                update runs set next_attempt_at = now() + @pause, attempt_error = @Error::jsonb, handed_on = @handedOn, stops = stops + @handedOn::integer, lease_owner = null, lease_until = null,
                    stage = null, waiting_for = null, objects_per_second = 0, {RunStore.SetCounts}
                where id = @Id and fence = @Fence and state = 'running' returning id)
            select changed.id from changed, pg_notify('runs', changed.id::text)
            """,
            RunStore.Parameters(totals ?? run.Totals, new { run.Id, run.Fence, handedOn, pause, Error = RunErrorView.ToJson(fault) }), cancellationToken: cancel))).Any();
    }

    /// <summary>Lets every replica look for work.</summary>
    public async Task WakeAllAsync(CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition("select pg_notify('runs', @none)", new { none = Guid.Empty.ToString() }, cancellationToken: cancel));
    }
}
