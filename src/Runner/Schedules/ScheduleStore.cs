using Dapper;
using Npgsql;
using Platform.Runner.Runs;

namespace Platform.Runner.Schedules;

/// <summary>The schedules in the database. A change of one and what follows from it in Quartz's tables are one transaction.</summary>
internal sealed class ScheduleStore(NpgsqlDataSource database, ScheduleTriggers triggers)
{
    public async Task<Schedule?> FindAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Schedule>(new CommandDefinition("select * from schedules where id = @id", new { id }, cancellationToken: cancel));
    }

    /// <summary>Oldest first; <paramref name="after"/> is the last one of the page before.</summary>
    /// <param name="covered">See <see cref="Caller.Patterns"/>.</param>
    public async Task<IReadOnlyList<Schedule>> ListAsync(string[]? covered, string? connection, Guid? after, int limit, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return [.. await session.QueryAsync<Schedule>(new CommandDefinition(
            """
            select * from schedules
            where (@covered::text[] is null or connection like any(@covered)) and (@connection::text is null or connection = @connection) and (@after::uuid is null or id > @after)
            order by id limit @limit
            """,
            new { covered, connection, after, limit }, cancellationToken: cancel))];
    }

    /// <returns>Null when the connection has one of that name already.</returns>
    public Task<Schedule?> AddAsync(Guid connectionId, string connection, ScheduleWish wish, string? actor, CancellationToken cancel) =>
        ChangeAsync(session => session.QuerySingleOrDefaultAsync<Schedule>(new CommandDefinition(
            """
            insert into schedules (id, connection_id, connection, name, cron, interval_seconds, time_zone, jitter_seconds, enabled, actor)
            values (@id, @connectionId, @connection, @Name, @Cron, @IntervalSeconds, @TimeZone, @JitterSeconds, @Enabled, @actor)
            on conflict (connection_id, name) do nothing
            returning *
            """,
            new { id = Guid.CreateVersion7(), connectionId, connection, wish.Name, wish.Cron, wish.IntervalSeconds, wish.TimeZone, wish.JitterSeconds, wish.Enabled, actor },
            cancellationToken: cancel)), cancel);

    /// <summary>An interval that is set or switched on counts from now.</summary>
    /// <returns>Null when there is no such row of that revision any more.</returns>
    /// <exception cref="PostgresException">A unique violation: the connection has another one of that name.</exception>
    public Task<Schedule?> UpdateAsync(Guid id, int revision, ScheduleWish wish, CancellationToken cancel) =>
        ChangeAsync(session => session.QuerySingleOrDefaultAsync<Schedule>(new CommandDefinition(
            """
            update schedules set name = @Name, cron = @Cron, interval_seconds = @IntervalSeconds, time_zone = @TimeZone,
                jitter_seconds = @JitterSeconds, enabled = @Enabled, revision = revision + 1, updated_at = now(),
                anchor_at = case when (interval_seconds, enabled) is distinct from (@IntervalSeconds, @Enabled) then date_trunc('second', now()) else anchor_at end
            where id = @id and revision = @revision
            returning *
            """,
            new { id, revision, wish.Name, wish.Cron, wish.IntervalSeconds, wish.TimeZone, wish.JitterSeconds, wish.Enabled }, cancellationToken: cancel)), cancel);

    /// <returns>Whether it was there.</returns>
    public async Task<bool> RemoveAsync(Guid id, CancellationToken cancel) =>
        await ChangeAsync(session => session.QuerySingleOrDefaultAsync<Schedule>(new CommandDefinition(
            "delete from schedules where id = @id returning *", new { id }, cancellationToken: cancel)), cancel, isGone: true) is not null;

    /// <summary>Those of a connection that is gone.</summary>
    public async Task RemoveOfConnectionAsync(Guid connectionId, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        foreach (var id in await session.QueryAsync<Guid>(new CommandDefinition(
            "select id from schedules where connection_id = @connectionId", new { connectionId }, cancellationToken: cancel)))
            await RemoveAsync(id, cancel);
    }

    /// <summary>Puts right where Quartz's tables hold something else than follows from the rows. Where there is no schedule Quartz is left alone.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> ReconcileAsync(CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        if (!triggers.IsRunning && !await session.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select 1 from schedules)", cancellationToken: cancel)))
            return 0;
        await triggers.SchedulerAsync(cancel);
        var differences = (await session.QueryAsync<Guid>(new CommandDefinition(ScheduleTriggers.DifferencesSql, cancellationToken: cancel))).AsList();
        foreach (var id in differences)
        {
            if (await ChangeAsync(own => own.QuerySingleOrDefaultAsync<Schedule>(new CommandDefinition(
                    "select * from schedules where id = @id for update", new { id }, cancellationToken: cancel)), cancel) is null)
                await triggers.RemoveAsync(id, cancel);
        }

        return differences.Count;
    }

    /// <summary>Queues the run of a fire, once for each instant.</summary>
    /// <param name="due">The instant that the fire was meant for; null: asked for by hand.</param>
    /// <returns>Null when that instant has been served, or the schedule is gone or not enabled.</returns>
    public async Task<Run?> FireAsync(
        Guid id, DateTimeOffset? due, Registry.V1.Connection connection, string? traceparent, string? actor, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        // Its lock makes two fires of one instant follow each other, and the second find it served.
        if (await session.ExecuteScalarAsync<int?>(new CommandDefinition(
                """
                select 1 from schedules
                where id = @id and (@due::timestamptz is null or (enabled and (last_due_at is null or last_due_at < @due)))
                for update
                """, new { id, due }, transaction, cancellationToken: cancel)) is null)
            return null;
        var run = await RunStore.QueueAsync(session, Guid.Parse(connection.Id), connection.Name, connection.Connector, traceparent, actor, fromStart: false, cancel);
        await session.ExecuteAsync(new CommandDefinition(
            "update schedules set last_due_at = coalesce(@due, last_due_at), last_fired_at = now(), last_run_id = @run where id = @id",
            new { id, due, run = run.Id }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        return run;
    }

    private async Task<Schedule?> ChangeAsync(Func<NpgsqlConnection, Task<Schedule?>> change, CancellationToken cancel, bool isGone = false)
    {
        var scheduler = await triggers.SchedulerAsync(cancel);
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        if (await change(session) is not { } schedule)
            return null;
        // Quartz takes part from here to the end of the block, on this flow alone; it is told of the change once that is committed.
        using (ScheduleTriggers.Join(scheduler, transaction))
        {
            if (isGone || !schedule.Enabled)
                await triggers.RemoveAsync(schedule.Id, cancel);
            else
                await triggers.PutAsync(schedule, cancel);
            await transaction.CommitAsync(cancel);
        }

        return schedule;
    }
}
