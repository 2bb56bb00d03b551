using Dapper;
using Npgsql;

namespace Platform.Runner.Tests.Proof;

/// <summary>
/// The invariants of runs, checked where they are written. The journal notes every write of a row with the session that wrote it, so give each
/// Runner a connection string with an <c>Application Name</c> of its own. Each check answers what it found wrong; nothing: it holds.
/// </summary>
internal sealed class RunInvariants(string runnerDatabase, string ingestDatabase) : IAsyncDisposable
{
    private readonly NpgsqlDataSource runs = NpgsqlDataSource.Create(runnerDatabase);
    private readonly NpgsqlDataSource objects = NpgsqlDataSource.Create(ingestDatabase);

    /// <summary>Once the tables are there, before the first run.</summary>
    public async Task PrepareAsync()
    {
        await using var session = await runs.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await session.ExecuteAsync("""
            create table journal (number bigint generated always as identity, writer text, id uuid, was bigint, fence bigint, state_was text, state text, of_user boolean);
            create function journal() returns trigger language plpgsql as $$ begin
                insert into journal (writer, id, was, fence, state_was, state, of_user) values (
                    current_setting('application_name'), new.id, coalesce(old.fence, 0), coalesce(new.fence, 0), old.state, new.state,
                    -- What any replica may write for a caller.
                    (old.cancel_requested_at, old.from_start) is distinct from (new.cancel_requested_at, new.from_start));
                return null;
            end $$;
            create trigger journal after update on runs for each row execute function journal();
            """);
    }

    /// <summary>I4: whoever holds an older fence writes nothing; whoever decided is believed.</summary>
    public async Task<IReadOnlyList<string>> StaleWritersAsync()
    {
        await using var session = await runs.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var wrong = (await session.QueryAsync<string>("""
            select format('%s wrote run %s under the fence %s of %s', w.writer, w.id, w.fence, t.writer)
            from journal w join journal t on t.id = w.id and t.fence = w.fence and t.was <> t.fence
            where w.was = w.fence and not w.of_user and w.writer <> t.writer
            union all
            select format('run %s went from fence %s back to %s', id, was, fence) from journal where fence < was
            union all
            select format('run %s had ended as %s and became %s', id, state_was, state) from journal where state_was not in ('queued', 'running') and state <> state_was
            """)).ToList();
        var rows = (await session.QueryAsync<(Guid Id, string State)>("select id, state from runs where state not in ('queued', 'running')")).ToList();
        await using var data = await objects.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var decided = (await data.QueryAsync<(Guid Id, string Outcome)>("select run_id, outcome from outcomes")).ToDictionary(o => o.Id, o => o.Outcome);
        wrong.AddRange(rows.Where(r => decided.GetValueOrDefault(r.Id) != r.State).Select(r => $"run {r.Id} is {r.State}, and decided as {decided.GetValueOrDefault(r.Id) ?? "nothing"}"));
        return wrong;
    }

    /// <summary>I8: no run stays unfinished for longer than lease and grace with nobody behind it. Queued ones count when nothing is in their way, which the caller knows.</summary>
    /// <param name="grace">Beyond a lease that ran out, or the time at which an attempt was due.</param>
    /// <param name="hasRoom">No limit holds a run back.</param>
    public async Task<IReadOnlyList<string>> ForsakenAsync(TimeSpan grace, bool hasRoom)
    {
        await using var session = await runs.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return [.. await session.QueryAsync<string>("""
            select format('run %s (%s, attempt %s) has nobody behind it; lease until %s, next attempt at %s, now %s', id, state, attempt, lease_until, next_attempt_at, now())
            from runs r
            where state in ('queued', 'running') and (
                lease_until < now() - @grace
                or lease_until is null and cancel_requested_at < now() - @grace
                or @hasRoom and lease_until is null and state = 'running' and coalesce(next_attempt_at, '-infinity') < now() - @grace
                or @hasRoom and state = 'queued' and created_at < now() - @grace
                    and not exists (select 1 from runs o where o.connection_id = r.connection_id and o.state = 'running')
                    -- The one before it may have ended just now.
                    and not exists (select 1 from runs o where o.connection_id = r.connection_id and o.finished_at > now() - @grace))
            """, new { grace, hasRoom })];
    }

    /// <summary>I9: at most one active run for each connection, now and whenever one began since the journal did.</summary>
    public async Task<IReadOnlyList<string>> CrowdedAsync()
    {
        await using var session = await runs.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return [.. await session.QueryAsync<string>("""
            with spans as (
                select r.connection, r.id, min(j.number) filter (where j.state = 'running') as began,
                    coalesce(min(j.number) filter (where j.state not in ('queued', 'running')), 9223372036854775807) as ended
                from journal j join runs r on r.id = j.id group by r.connection, r.id)
            select format('connection %s has %s active runs', connection, count(*)) from runs where state = 'running' group by connection having count(*) > 1
            union all
            select format('connection %s had two active runs at once, %s and %s', a.connection, a.id, b.id)
            from spans a join spans b on a.connection = b.connection and a.began < b.began and b.began < a.ended
            """)];
    }

    /// <summary>Runs that have not ended.</summary>
    public async Task<long> OpenAsync()
    {
        await using var session = await runs.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await session.ExecuteScalarAsync<long>("select count(*) from runs where state in ('queued', 'running')");
    }

    /// <summary>Runs by how they ended, with the most attempts that one took.</summary>
    public async Task<IReadOnlyList<(string State, string? Code, long Count, int Attempts)>> EndsAsync()
    {
        await using var session = await runs.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return [.. await session.QueryAsync<(string, string?, long, int)>("select state, error_code, count(*), max(attempt) from runs group by 1, 2")];
    }

    /// <summary>Objects that are there, by connection.</summary>
    public async Task<IReadOnlyList<long>> ObjectsAsync()
    {
        await using var session = await objects.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return [.. await session.QueryAsync<long>("select count(*) from objects where deleted_at is null group by connection_id")];
    }

    public async ValueTask DisposeAsync()
    {
        await runs.DisposeAsync();
        await objects.DisposeAsync();
    }
}
