using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Runner.Logs;

/// <summary>Lines and bytes that a log has already.</summary>
internal sealed class LogUse
{
    public long OrdinaryLines { get; init; }
    public long OrdinaryBytes { get; init; }
    public long SevereLines { get; init; }
    public long SevereBytes { get; init; }
}

/// <summary>A stored line, see <see cref="LogLine"/>.</summary>
internal sealed class StoredLine
{
    /// <summary>Its number within the run or invocation, from 1.</summary>
    public int Line { get; init; }
    public DateTimeOffset At { get; init; }
    public string Level { get; init; } = "";
    public string Source { get; init; } = "";
    public string Text { get; init; } = "";
}

/// <summary>Logs in the database: chunks of lines, numbered in the order in which they are stored.</summary>
internal sealed class LogStore(NpgsqlDataSource database)
{
    public const string Channel = "logs";

    // A chunk has at most so many lines: where to begin to look for a line is known without reading what is before it.
    private const int MaxChunkLines = 1000;
    private const int Conflicts = 20;

    /// <summary>
    /// Adds the lines behind those that are there, whoever wrote them, and wakes those who follow. They are on the disk with the next commit that waits for
    /// it, such as that of the subject's end, or within a second.
    /// </summary>
    public async Task AppendAsync(Guid subject, IReadOnlyList<LogLine> lines, CancellationToken cancel)
    {
        var json = JsonSerializer.Serialize(lines, PlatformJson.Options);
        await using var session = await database.OpenConnectionAsync(cancel);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await session.ExecuteAsync(new CommandDefinition(
                    """
                    with written as (
                        insert into log_chunks (subject, first_line, lines)
                        select @subject, coalesce((
                            select first_line + jsonb_array_length(lines) from log_chunks where subject = @subject order by first_line desc limit 1), 1), @json::jsonb
                        returning subject)
                    select pg_notify('logs', subject::text), set_config('synchronous_commit', 'off', true) from written
                    """,
                    new { subject, json }, cancellationToken: cancel));
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && attempt < Conflicts)
            {
                // Another Runner, which no longer or not yet has the run, wrote at the same moment.
            }
        }
    }

    /// <param name="after">The line before the first one that is wanted; 0: from the beginning.</param>
    /// <param name="levels">These only; null: all.</param>
    public async Task<IReadOnlyList<StoredLine>> ReadAsync(Guid subject, int after, string[]? levels, int limit, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return [.. await session.QueryAsync<StoredLine>(new CommandDefinition(
            """
            select (c.first_line + e.number - 1)::int as line, (e.line->>'at')::timestamptz as at, e.line->>'level' as level, e.line->>'source' as source, e.line->>'text' as text
            from log_chunks c cross join lateral jsonb_array_elements(c.lines) with ordinality e(line, number)
            where c.subject = @subject and c.first_line > @after - @MaxChunkLines and c.first_line + e.number - 1 > @after
                and (@levels::text[] is null or e.line->>'level' = any(@levels))
            order by c.first_line, e.number limit @limit
            """,
            new { subject, after, levels, limit, MaxChunkLines }, cancellationToken: cancel))];
    }

    public async Task<LogUse> UseAsync(Guid subject, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleAsync<LogUse>(new CommandDefinition(
            $"""
            select coalesce(sum(1 - severe), 0)::bigint as ordinary_lines, coalesce(sum((1 - severe) * bytes), 0)::bigint as ordinary_bytes,
                coalesce(sum(severe), 0)::bigint as severe_lines, coalesce(sum(severe * bytes), 0)::bigint as severe_bytes
            from (select (e.line->>'level' in ('warn', 'error'))::int as severe, octet_length(e.line->>'text') + {SubjectLog.LineOverhead} as bytes
                from log_chunks c cross join lateral jsonb_array_elements(c.lines) e(line)
                where c.subject = @subject and e.line->>'source' <> '{LogSource.Platform}') as lines
            """,
            new { subject }, cancellationToken: cancel));
    }

    /// <summary>Removes some of the chunks that are older.</summary>
    /// <returns>How many; 0: there are none left.</returns>
    public async Task<int> PurgeAsync(TimeSpan olderThan, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.ExecuteAsync(new CommandDefinition(
            """
            delete from log_chunks where ctid = any(array(
                select ctid from log_chunks where written_at < now() - @olderThan order by written_at limit 1000 for update skip locked))
            """,
            new { olderThan }, cancellationToken: cancel));
    }
}
