using System.Text.Json;
using Npgsql;

namespace Platform.Ingest.Tests.Model;

internal sealed record ObjectRow(
    ObjectKey Key, string ResourceName, string Uri, string Metadata, long ChangeSeq, bool Deleted, long Ordinal, bool IsJson, bool ReadableAsJson, string Xmin);

internal sealed record StateRow(string Stream, byte[] State, long Version, Guid? RunId);

internal sealed record EventRow(long Seq, Guid Id, string RoutingKey, string Type, string Source, JsonElement Body)
{
    public Guid RunId => Body.GetProperty("run_id").GetGuid();
}

/// <summary>Kind: open, batch, close or sweep.</summary>
internal sealed record LedgerRow(long Id, Guid RunId, string Kind, Guid LoadId, long Fence, long Sequence);

/// <summary>All that the database has of one connection, at one moment.</summary>
internal sealed class Snapshot
{
    private static readonly TimeSpan UpTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan UpInterval = TimeSpan.FromMilliseconds(100);

    public long ChangeSeq { get; private init; }
    public long LastOrdinal { get; private init; }
    public required List<ObjectRow> Objects { get; init; }
    public required List<StateRow> States { get; init; }
    public required List<ModelReject> Rejects { get; init; }

    /// <summary>Of undecided runs that have opened.</summary>
    public required Dictionary<Guid, Tally> RunCounts { get; init; }
    public required Dictionary<Guid, (string Outcome, Tally Counts)> Outcomes { get; init; }
    public required List<EventRow> Events { get; init; }
    public required List<LedgerRow> Ledger { get; init; }

    public static Task<Snapshot> ReadAsync(NpgsqlDataSource database, Guid connectionId) => WhenUpAsync(() => TryReadAsync(database, connectionId));

    public static Task<List<LedgerRow>> ReadLedgerAsync(NpgsqlDataSource database, Guid connectionId, long after) =>
        WhenUpAsync(() => TryReadLedgerAsync(database, connectionId, after));

    /// <summary>Reads again while the database is away, which some tests are about.</summary>
    public static async Task<T> WhenUpAsync<T>(Func<Task<T>> read)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ; await Task.Delay(UpInterval, TestContext.Current.CancellationToken))
        {
            try
            {
                return await read();
            }
            catch (NpgsqlException e) when ((e is not PostgresException || e.SqlState is ['5', '7', 'P', ..]) && TimeProvider.System.GetElapsedTime(started) < UpTimeout)
            {
                // Once more.
            }
        }
    }

    private static async Task<Snapshot> TryReadAsync(NpgsqlDataSource database, Guid connectionId)
    {
        await using var connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, TestContext.Current.CancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        const string Counts = "received, inserted, updated, unchanged, deleted, rejected, superseded, swept";
        foreach (var sql in (string[])
            [
                "SELECT change_seq, last_ordinal FROM connections WHERE connection_id = $1",
                """
                WITH texts AS MATERIALIZED (
                    SELECT metadata, proof.readable_as_jsonb(metadata) AS readable FROM (SELECT DISTINCT metadata FROM objects WHERE connection_id = $1) t
                )
                SELECT stream, remote_id, resource_name, uri, metadata, change_seq, deleted_at IS NOT NULL, ordinal, is_json, readable, o.xmin::text
                FROM objects o JOIN texts USING (metadata) WHERE connection_id = $1
                """,
                "SELECT stream, state, version, run_id FROM states WHERE connection_id = $1",
                "SELECT run_id, stream, reason, encode(remote_id, 'hex'), size, encode(sha256, 'hex'), encode(raw, 'hex') FROM rejects WHERE connection_id = $1",
                $"SELECT run_id, {Counts} FROM run_counts WHERE connection_id = $1",
                $"SELECT run_id, outcome, {Counts} FROM outcomes WHERE connection_id = $1",
                "SELECT seq, id, routing_key, type, source, body FROM proof.events WHERE connection_id = $1 ORDER BY seq",
                LedgerSql,
            ])
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = connectionId } } });
        batch.BatchCommands[^1].Parameters.Add(new() { Value = 0L });

        await using var r = await batch.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var (changeSeq, lastOrdinal) = await r.ReadAsync(TestContext.Current.CancellationToken) ? (r.GetInt64(0), r.GetInt64(1)) : default;
        return new()
        {
            ChangeSeq = changeSeq,
            LastOrdinal = lastOrdinal,
            Objects = await NextAsync(r, () => new ObjectRow(
                new(r.GetString(0), r.GetString(1)), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetBoolean(6), r.GetInt64(7), r.GetBoolean(8), r.GetBoolean(9),
                r.GetString(10))),
            States = await NextAsync(r, () => new StateRow(r.GetString(0), r.GetFieldValue<byte[]>(1), r.GetInt64(2), r.IsDBNull(3) ? null : r.GetGuid(3))),
            Rejects = await NextAsync(r, () => new ModelReject(
                r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3).ToUpperInvariant(), r.GetInt64(4), r.GetString(5).ToUpperInvariant(), r.GetString(6).ToUpperInvariant())),
            RunCounts = (await NextAsync(r, () => (r.GetGuid(0), Tally.Read(r, 1)))).ToDictionary(),
            Outcomes = (await NextAsync(r, () => (Key: r.GetGuid(0), Value: (r.GetString(1), Tally.Read(r, 2))))).ToDictionary(),
            Events = await NextAsync(r, () => new EventRow(
                r.GetInt64(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetString(4), JsonDocument.Parse(r.GetString(5)).RootElement)),
            Ledger = await NextAsync(r, () => ReadLedger(r)),
        };
    }

    private static async Task<List<LedgerRow>> TryReadLedgerAsync(NpgsqlDataSource database, Guid connectionId, long after)
    {
        await using var command = database.CreateCommand(LedgerSql);
        command.Parameters.Add(new() { Value = connectionId });
        command.Parameters.Add(new() { Value = after });
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<LedgerRow>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add(ReadLedger(reader));
        return rows;
    }

    /// <summary>Makes the ledger in a database that the service has migrated.</summary>
    public static async Task PrepareAsync(NpgsqlDataSource database)
    {
        await using var sql = typeof(Snapshot).Assembly.GetManifestResourceStream("Ledger.sql")!;
        using var reader = new StreamReader(sql);
        await using var command = database.CreateCommand(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private const string LedgerSql =
        "SELECT id, run_id, kind, coalesce(load_id, run_id), coalesce(fence, 0), coalesce(sequence, 0) FROM proof.ledger WHERE connection_id = $1 AND id > $2 ORDER BY id";

    private static LedgerRow ReadLedger(NpgsqlDataReader r) => new(r.GetInt64(0), r.GetGuid(1), r.GetString(2), r.GetGuid(3), r.GetInt64(4), r.GetInt64(5));

    private static async Task<List<T>> NextAsync<T>(NpgsqlDataReader reader, Func<T> read)
    {
        await reader.NextResultAsync(TestContext.Current.CancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add(read());
        return rows;
    }
}
