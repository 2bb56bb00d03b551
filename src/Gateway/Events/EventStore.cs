using Npgsql;
using NpgsqlTypes;
using Platform.Gateway.Webhooks;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Events;

/// <summary>The statements on the table of events.</summary>
internal sealed class EventStore(NpgsqlDataSource database)
{
    public const string Channel = "events";
    private const int PurgedAtOnce = 5000;

    /// <param name="Last">The highest id that was given.</param>
    /// <param name="Gone">All up to this one may have been removed.</param>
    internal readonly record struct Extent(long Last, long Gone);

    /// <summary>
    /// Appends those that are not there yet, in their order, together with the deliveries that webhooks are due; all or none. Ids are given under a lock that is
    /// held until the commit, whichever replica appends.
    /// </summary>
    public async Task AppendAsync(IReadOnlyList<ReceivedEvent> events, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // A statement of its own: the next one then sees what the holder before committed.
        long last;
        await using (var order = new NpgsqlCommand("SELECT last FROM event_log FOR UPDATE", connection, transaction))
            last = (long)(await order.ExecuteScalarAsync(cancel))!;
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO events (seq, event_id, type, source, connection, time, data, received_at)
            SELECT $1 + row_number() OVER (ORDER BY fresh.place), fresh.event_id, fresh.type, fresh.source, fresh.connection, fresh.time, fresh.data, clock_timestamp()
            FROM (
                SELECT DISTINCT ON (given.event_id) given.*
                FROM unnest($2, $3, $4, $5, $6, $7) WITH ORDINALITY AS given(event_id, type, source, connection, time, data, place)
                WHERE NOT EXISTS (SELECT FROM events WHERE events.event_id = given.event_id)
                ORDER BY given.event_id, given.place
            ) AS fresh
            """,
            connection, transaction);
        insert.Parameters.Add(new() { Value = last });
        AddColumn(e => e.Id);
        AddColumn(e => e.Type);
        AddColumn(e => e.Source);
        AddColumn(e => e.Connection);
        insert.Parameters.Add(new() { Value = events.Select(e => e.Time.UtcDateTime).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        AddColumn(e => e.Data);
        if (await insert.ExecuteNonQueryAsync(cancel) is > 0 and var added)
        {
            await WebhookDeliveries.PlanAsync(transaction, last, cancel);
            await using var advance = new NpgsqlBatch(connection, transaction)
            {
                BatchCommands =
                {
                    new("UPDATE event_log SET last = $1") { Parameters = { new() { Value = last + added } } },
                    new($"NOTIFY {Channel}"),
                },
            };
            await advance.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);

        void AddColumn(Func<ReceivedEvent, string?> column) =>
            insert.Parameters.Add(new() { Value = events.Select(column).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    public async Task<Extent> ExtentAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("SELECT last, gone FROM event_log");
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return new(row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>In the order of ids.</summary>
    /// <param name="filter">Null: all.</param>
    /// <param name="most">Fewer come when these are <paramref name="bytes"/> long already, but one at least.</param>
    /// <param name="Complete">No event of the filter between the last one here and <paramref name="upTo"/> is missing.</param>
    /// <returns>Null: some behind <paramref name="after"/> were removed for their age, so that the answer would have a gap.</returns>
    public async Task<(IReadOnlyList<StoredEvent> Events, bool Complete)?> ReadAsync(EventFilter? filter, long after, long upTo, int most, int bytes, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new($"{Select} AND seq > $4 AND seq <= $5 ORDER BY seq LIMIT $6")
                {
                    Parameters = { Types(filter), Connections(filter), Allowed(filter), new() { Value = after }, new() { Value = upTo }, new() { Value = most } },
                },
                // After the rows: what a purge took meanwhile is noticed.
                new("SELECT gone FROM event_log"),
            },
        };
        await using var row = await batch.ExecuteReaderAsync(cancel);
        var (events, size, full) = (new List<StoredEvent>(), 0, false);
        while (await row.ReadAsync(cancel))
        {
            if (full |= size > bytes) continue;
            events.Add(Read(row));
            size += events[^1].Json.Length;
        }

        full |= events.Count == most;
        await row.NextResultAsync(cancel);
        await row.ReadAsync(cancel);
        return row.GetInt64(0) > after ? null : (events, !full);
    }

    /// <summary>The last ones, the newest first.</summary>
    public async Task<IReadOnlyList<StoredEvent>> LatestAsync(EventFilter filter, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"{Select} ORDER BY seq DESC LIMIT $4");
        command.Parameters.AddRange(new NpgsqlParameter[] { Types(filter), Connections(filter), Allowed(filter), new() { Value = most } });
        await using var row = await command.ExecuteReaderAsync(cancel);
        var events = new List<StoredEvent>();
        while (await row.ReadAsync(cancel)) events.Add(Read(row));
        return events;
    }

    /// <summary>Removes some of those that are too old, the oldest first, with their deliveries.</summary>
    /// <returns>How many; 0: there are none any more.</returns>
    public async Task<int> PurgeAsync(TimeSpan keep, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var oldest = new NpgsqlCommand(
            $"SELECT max(seq) FROM (SELECT seq, received_at FROM events ORDER BY seq LIMIT {PurgedAtOnce}) AS oldest WHERE received_at < now() - $1", connection, transaction)
        {
            Parameters = { new() { Value = keep } },
        };
        if (await oldest.ExecuteScalarAsync(cancel) is not long upTo) return 0;
        await using var delete = new NpgsqlCommand("DELETE FROM events WHERE seq <= $1", connection, transaction) { Parameters = { new() { Value = upTo } } };
        var deleted = await delete.ExecuteNonQueryAsync(cancel);
        // Last, as appending waits for this row.
        await using var mark = new NpgsqlCommand("UPDATE event_log SET gone = greatest(gone, $1)", connection, transaction) { Parameters = { new() { Value = upTo } } };
        await mark.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return deleted;
    }

    private const string Select = """
        SELECT seq, event_id, type, source, connection, time, data FROM events
        WHERE ($1::text[] IS NULL OR type LIKE ANY ($1)) AND ($2::text[] IS NULL OR connection = ANY ($2)) AND ($3::text[] IS NULL OR connection LIKE ANY ($3))
        """;

    private static StoredEvent Read(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetDateTime(5), row.GetString(6));

    private static NpgsqlParameter Types(EventFilter? filter) => Texts(filter is { Types.Count: > 0 } ? [.. filter.Types.Select(NamePattern.ToLike)] : null);

    private static NpgsqlParameter Connections(EventFilter? filter) => Texts(filter is { Connections.Count: > 0 } ? [.. filter.Connections] : null);

    private static NpgsqlParameter Allowed(EventFilter? filter) => Texts(filter?.Allowed is { } allowed ? [.. allowed.Select(NamePattern.ToLike)] : null);

    private static NpgsqlParameter Texts(string[]? values) => new() { Value = (object?)values ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
