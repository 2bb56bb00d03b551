using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>The runs in the database. Every write of a running run names the fence that its writer holds, and finds no row when a newer one exists.</summary>
internal sealed class RunStore(NpgsqlDataSource database)
{
    public const string Channel = "runs";
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);

    /// <summary>Who holds leases here, for the people who look at the table.</summary>
    public static readonly string Owner = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>The new run, or the one of this connection that is queued already.</summary>
    /// <param name="fromStart">It begins anew, whatever states are stored; so does one that is queued already.</param>
    public async Task<Run> QueueAsync(
        Guid connectionId, string connection, string connector, string? traceparent, string? actor, CancellationToken cancel, bool fromStart = false)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await QueueAsync(session, connectionId, connection, connector, traceparent, actor, fromStart, cancel);
    }

    /// <summary>In the transaction that is open on the session, if one is.</summary>
    public static async Task<Run> QueueAsync(
        NpgsqlConnection session, Guid connectionId, string connection, string connector, string? traceparent, string? actor, bool fromStart, CancellationToken cancel)
    {
        while (true)
        {
            // Without from_start the update changes nothing: it makes the standing row come back.
            var run = await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition(
                """
                insert into runs (id, connection_id, connection, connector, state, traceparent, actor, from_start)
                values (@id, @connectionId, @connection, @connector, 'queued', @traceparent, @actor, @fromStart)
                on conflict (connection_id) where state = 'queued' and cancel_requested_at is null
                    do update set from_start = runs.from_start or excluded.from_start
                returning *
                """,
                new { id = Guid.CreateVersion7(), connectionId, connection, connector, traceparent, actor, fromStart }, cancellationToken: cancel));
            if (run is not null)
                return run;
        }
    }

    public async Task<Run?> FindAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition("select * from runs where id = @id", new { id }, cancellationToken: cancel));
    }

    /// <summary>Newest first; <paramref name="before"/> is the last one of the page before.</summary>
    /// <param name="covered">See <see cref="Caller.Patterns"/>.</param>
    public async Task<IReadOnlyList<Run>> ListAsync(string[]? covered, string? connection, string? state, Guid? before, int limit, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return [.. await session.QueryAsync<Run>(new CommandDefinition(
            """
            select * from runs
            where (@covered::text[] is null or connection like any(@covered)) and (@connection::text is null or connection = @connection) and (@state::text is null or state = @state) and (@before::uuid is null or id < @before)
            order by id desc limit @limit
            """,
            new { covered, connection, state, before, limit }, cancellationToken: cancel))];
    }

    /// <summary>The run is queued and nobody could be told.</summary>
    public async Task<Run?> MissesBrokerAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition(
            "update runs set waiting_for = 'broker' where id = @id and state = 'queued' returning *", new { id }, cancellationToken: cancel));
    }

    /// <summary>Marks an unfinished run; null when it is finished.</summary>
    public async Task<Run?> RequestCancelAsync(Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition(
            """
            with changed as (
                update runs set cancel_requested_at = coalesce(cancel_requested_at, now()) where id = @id and state in ('queued', 'running') returning *)
            select changed.* from changed, pg_notify('runs', changed.id::text)
            """,
            new { id }, cancellationToken: cancel));
    }

    /// <summary>Marks all unfinished runs of a connection, as when it is deleted.</summary>
    public async Task CancelOfConnectionAsync(Guid connectionId, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            """
            with changed as (
                update runs set cancel_requested_at = coalesce(cancel_requested_at, now())
                where connection_id = @connectionId and state in ('queued', 'running') returning id)
            select pg_notify('runs', changed.id::text) from changed
            """,
            new { connectionId }, cancellationToken: cancel));
    }

    /// <summary>Extends the lease and shows the progress.</summary>
    /// <returns>Whether a cancel is asked for; null when the lease is lost.</returns>
    public async Task<bool?> HeartbeatAsync(Guid id, long fence, RunSigns signs, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<bool?>(new CommandDefinition(
            $"""
            update runs set lease_until = now() + @LeaseTime, stage = case when state = 'running' then @Stage else stage end, {SetCounts},
                objects_per_second = @ObjectsPerSecond, waiting_for = @WaitingFor, progress_message = @Message, progress_fraction = @Fraction
            where id = @id and fence = @fence and state in ('queued', 'running') and next_attempt_at is null
            returning cancel_requested_at is not null
            """,
            Parameters(signs.Totals, new { id, fence, signs.Stage, LeaseTime, signs.ObjectsPerSecond, signs.WaitingFor, Message = Text(signs.Message), signs.Fraction }), cancellationToken: cancel));
    }

    /// <summary>What is to be run, how often and how it is kept apart, as soon as it is known.</summary>
    public async Task DescribeAsync(
        Guid id, long fence, int? version, string? digest, string? protocol, string? isolation, CancellationToken cancel, int? maxAttempts = null)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            """
            update runs set version = coalesce(@version, version), digest = coalesce(@digest, digest),
                protocol = coalesce(@protocol, protocol), isolation = coalesce(@isolation, isolation), max_attempts = coalesce(@maxAttempts, max_attempts)
            where id = @id and fence = @fence and state = 'running'
            """,
            new { id, fence, version, digest, protocol, isolation, maxAttempts }, cancellationToken: cancel));
    }

    /// <summary>Which of these bundles belong to runs that have not ended.</summary>
    public async Task<IReadOnlySet<string>> DigestsInUseAsync(string[] digests, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return (await session.QueryAsync<string>(new CommandDefinition(
            "select distinct digest from runs where state in ('queued', 'running') and digest = any(@digests)", new { digests }, cancellationToken: cancel))).ToHashSet();
    }

    /// <summary>Copies Ingest's decision. False when a newer fence exists: then its holder does it.</summary>
    public async Task<bool> FinishAsync(Guid id, long fence, RunOutcome outcome, LoadTotals? totals, CancellationToken cancel)
    {
        var shown = totals ?? new(new Counts(), 0, 0);
        await using var session = await database.OpenConnectionAsync(cancel);
        var finished = (await session.QueryAsync<Guid>(new CommandDefinition(
            $"""
            with changed as (
                update runs set state = @State, stage = null, lease_owner = null, lease_until = null, next_attempt_at = null, waiting_for = null, objects_per_second = 0,
                    finished_at = now(), {SetCounts},
                    result = @Result, full_listing = @FullListing, warnings = @Warnings::jsonb,
                    error_code = @Code, error_message = @Message, error_remedy = @Remedy, error_detail = @Detail
                where id = @id and fence = @fence and state in ('queued', 'running') returning id)
            select changed.id from changed, pg_notify('runs', changed.id::text)
            """,
            Parameters(shown with { Counts = outcome.Counts ?? new Counts() }, new
            {
                id,
                fence,
                State = RunRules.State(outcome.Outcome),
                Result = Text(outcome.Result),
                FullListing = outcome.CompleteStreams.Count > 0,
                Warnings = RunWarningView.ToJson(outcome.Warnings),
                Code = Text(outcome.Error?.Code),
                Message = Text(outcome.Error?.Message),
                Remedy = Text(outcome.Error?.Remedy),
                Detail = Text(outcome.Error?.Detail),
            }), cancellationToken: cancel))).Any();
        FaultPoints.Pass("run-finished");
        return finished;
    }

    /// <summary>Copies what a confirmed sweep has changed; the same again changes nothing. Null when there is no such run that has ended.</summary>
    public async Task<Run?> RecordSweepAsync(Guid id, RunOutcome outcome, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Run>(new CommandDefinition(
            "update runs set swept = @Swept, warnings = @Warnings::jsonb where id = @id and state not in ('queued', 'running') returning *",
            new { id, Swept = outcome.Counts?.Swept ?? 0, Warnings = RunWarningView.ToJson(outcome.Warnings) }, cancellationToken: cancel));
    }

    // Pages and bytes never go back: whoever closes a run for another didn't see them.
    internal const string SetCounts =
        """
        received = @Received, inserted = @Inserted, updated = @Updated, unchanged = @Unchanged, deleted = @Deleted,
        rejected = @Rejected, superseded = @Superseded, swept = @Swept, pages = greatest(pages, @Pages), bytes = greatest(bytes, @Bytes)
        """;

    internal static DynamicParameters Parameters(LoadTotals totals, object others)
    {
        var parameters = new DynamicParameters(others);
        var counts = totals.Counts;
        parameters.AddDynamicParams(new
        {
            counts.Received,
            counts.Inserted,
            counts.Updated,
            counts.Unchanged,
            counts.Deleted,
            counts.Rejected,
            counts.Superseded,
            counts.Swept,
            totals.Pages,
            totals.Bytes,
        });
        return parameters;
    }

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value.Replace("\0", "", StringComparison.Ordinal);
}
