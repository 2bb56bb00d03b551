using System.Text.Json;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>
/// What the Runner that carries out an invocation writes. It holds the record from the first moment on, nobody ever takes it over: once its lease
/// has run out the invocation has ended, and every later write finds no row.
/// </summary>
internal sealed class InvocationTurns(NpgsqlDataSource database)
{
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(15);

    /// <summary>For the people who look at the table.</summary>
    public static readonly string Owner = $"{Environment.MachineName}:{Environment.ProcessId}";

    private const int PartBytes = 1 << 20;

    /// <summary>
    /// Makes it running. Mutating actions of a connection take turns in the order of their ids, exclusive ones wait for the end of its run, and no
    /// run of it begins before their end.
    /// </summary>
    /// <returns>False: it is not its turn, or it has ended.</returns>
    public async Task<bool> TakeAsync(Guid id, bool exclusive, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        // Only this needs a transaction, which costs two ways to the database and back.
        await using var transaction = exclusive ? await session.BeginTransactionAsync(cancel) : null;
        if (exclusive)
            await session.ExecuteAsync(new CommandDefinition(RunQueue.OneAtATime, transaction: transaction, cancellationToken: cancel));
        try
        {
            var taken = await session.ExecuteAsync(new CommandDefinition(
                """
                update invocations i set state = 'running', stage = 'starting', attempt = 1, started_at = now(), lease_until = now() + @LeaseTime
                where i.id = @id and i.state = 'queued' and i.cancel_requested_at is null
                    and (not i.mutates or not exists (
                        select 1 from invocations o
                        where o.connection_id = i.connection_id and o.mutates
                            and (o.state = 'running' or (o.state = 'queued' and o.id < i.id and o.lease_until > now()))))
                    and (not i.exclusive or not exists (select 1 from runs r where r.connection_id = i.connection_id and r.state = 'running'))
                """,
                new { id, LeaseTime }, transaction, cancellationToken: cancel)) == 1;
            if (transaction is not null)
                await transaction.CommitAsync(cancel);
            return taken;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Another one was a moment quicker.
            return false;
        }
    }

    /// <summary>Extends the lease and shows the progress.</summary>
    /// <returns>Whether a cancel is asked for; null when it has ended without its holder.</returns>
    public async Task<bool?> HeartbeatAsync(Guid id, InvocationProgress progress, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<bool?>(new CommandDefinition(
            """
            update invocations set lease_until = now() + @LeaseTime, stage = case when state = 'running' then @Stage end, attempt = @Attempt,
                isolation = @Isolation, progress_message = @Message, progress_fraction = @Fraction
            where id = @id and state in ('queued', 'running')
            returning cancel_requested_at is not null
            """,
            new { id, LeaseTime, progress.Stage, progress.Attempt, progress.Isolation, progress.Message, progress.Fraction }, cancellationToken: cancel));
    }

    /// <summary>Its end, with its event. One that never had its turn gives its key back: the same request again is carried out.</summary>
    /// <returns>The record as it is now; null when it has ended without its holder.</returns>
    public async Task<Invocation?> EndAsync(Guid id, InvocationProgress progress, ActionEnd end, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        if (end.Result is { Inline: null } large)
            await WritePartsAsync(session, id, large.Json, cancel);
        FaultPoints.Pass("invocation-ending");
        var ended = await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition(
            """
            with changed as (
                update invocations set state = @Outcome, stage = null, lease_owner = null, lease_until = null, finished_at = now(), attempt = @Attempt,
                    isolation = @Isolation, progress_message = @Message, progress_fraction = @Fraction, result = @Result::json, result_bytes = @ResultBytes,
                    error = @Error::json, idempotency_key = case when started_at is not null then idempotency_key end
                where id = @id and state in ('queued', 'running') returning *)
            select changed.* from changed, pg_notify(case when changed.exclusive then 'runs' else 'ends' end, changed.id::text)
            """,
            new
            {
                id,
                end.Outcome,
                progress.Attempt,
                progress.Isolation,
                progress.Message,
                progress.Fraction,
                Result = end.Result?.Inline,
                ResultBytes = (long?)end.Result?.Json.Length,
                Error = end.Error is null ? null : JsonSerializer.Serialize(end.Error, PlatformJson.Options),
            }, transaction, cancellationToken: cancel));
        if (ended is null)
            return null;
        await Outbox.AppendAsync(transaction, InvocationEvents.Ended(ended, end.Error), cancel);
        await transaction.CommitAsync(cancel);
        return ended;
    }

    /// <summary>Ends one that nobody holds any more; false when there is none.</summary>
    public async Task<bool> EndAbandonedAsync(CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        var ended = await session.QuerySingleOrDefaultAsync<Invocation>(new CommandDefinition(
            """
            with changed as (
                update invocations set stage = null, lease_owner = null, lease_until = null, finished_at = now(),
                    state = case when started_at is not null then 'lost' when cancel_requested_at is not null then 'cancelled' else 'transient' end,
                    error = case when started_at is not null then @Lost when cancel_requested_at is not null then @Cancelled else @NotBegun end::json,
                    idempotency_key = case when started_at is not null then idempotency_key end
                where id = (
                    select id from invocations where state in ('queued', 'running') and lease_until < now() order by id for update skip locked limit 1)
                returning *)
            select changed.* from changed, pg_notify(case when changed.exclusive then 'runs' else 'ends' end, changed.id::text)
            """,
            new
            {
                Lost = JsonSerializer.Serialize(InvocationRules.LostError, PlatformJson.Options),
                Cancelled = JsonSerializer.Serialize(InvocationRules.CancelledError(asked: false), PlatformJson.Options),
                NotBegun = JsonSerializer.Serialize(InvocationRules.NotBegunError, PlatformJson.Options),
            }, transaction, cancellationToken: cancel));
        if (ended is null)
            return false;
        using var activity = ended.Continue("end invocation");
        await Outbox.AppendAsync(transaction, InvocationEvents.Ended(ended, JsonSerializer.Deserialize<InvocationError>(ended.Error!, PlatformJson.Options)), cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }

    /// <summary>Forgets what has ended long ago, with its result.</summary>
    public async Task ForgetAsync(TimeSpan after, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition("delete from invocations where finished_at < now() - @after", new { after }, cancellationToken: cancel));
    }

    private static async Task WritePartsAsync(NpgsqlConnection session, Guid id, ReadOnlyMemory<byte> json, CancellationToken cancel)
    {
        await using var copy = await session.BeginBinaryImportAsync("copy result_parts (invocation_id, number, bytes) from stdin (format binary)", cancel);
        for (var (number, offset) = (0, 0); offset < json.Length; number++, offset += PartBytes)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(id, NpgsqlDbType.Uuid, cancel);
            await copy.WriteAsync(number, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(json.Slice(offset, Math.Min(PartBytes, json.Length - offset)), NpgsqlDbType.Bytea, cancel);
        }

        await copy.CompleteAsync(cancel);
    }
}

/// <summary>How far it is, as its holder knows.</summary>
internal sealed record InvocationProgress(string? Stage = null, int Attempt = 0, string? Isolation = null, string? Message = null, double? Fraction = null);
