using Npgsql;

namespace Platform.Benchmarks.Loads;

/// <summary>A table with its database: emptied, brought to rest, and looked at from outside.</summary>
/// <param name="name">As statements name it.</param>
/// <param name="key">The column that holds the connection.</param>
/// <param name="cleared">What is emptied with it between rounds; null: the rows stay.</param>
internal sealed class LoadTable(PostgresServer server, string database, string name, string key, string? cleared)
{
    private const string ClearedWithObjects = "objects, connections, writers, run_counts, rejects, unreadable_keys, seen, states, sweeps, outcomes";
    private const int TimeLimitSeconds = 3600;

    /// <summary>The one that Ingest makes.</summary>
    /// <param name="stays">The rows stay between rounds.</param>
    public static LoadTable OfIngest(PostgresServer server, string database, bool stays = false) =>
        new(server, database, "objects", "connection_id", stays ? null : ClearedWithObjects);

    public static LoadTable OfPageStatement(PostgresServer server, string database, bool stays = false) =>
        new(server, database, "data_objects", "account_id", stays ? null : "data_objects");

    public string ConnectionString { get; } = server.ConnectionString(database);

    public async Task ClearAsync()
    {
        if (cleared is not null)
            await server.ExecuteAsync(ConnectionString, $"TRUNCATE {cleared}", TimeLimitSeconds);
    }

    /// <summary>Fills the table with rows that no load touches.</summary>
    public async Task HoldAsync(string insert) => await server.ExecuteAsync(ConnectionString, insert + "; ANALYZE " + name, TimeLimitSeconds);

    /// <summary>Every load begins behind a checkpoint: whoever came before leaves it no writes, and pages changed first are logged whole for all alike.</summary>
    public async Task SettleAsync(bool vacuum)
    {
        if (vacuum)
            await server.ExecuteAsync(ConnectionString, $"VACUUM {name}", TimeLimitSeconds);
        await server.ExecuteAsync(ConnectionString, "CHECKPOINT", TimeLimitSeconds);
        await server.ResetStatementsAsync();
    }

    public TimeSpan ServerProcessorTime => server.ProcessorTime;

    public Task<long> WalBytesAsync() => server.WalBytesAsync(database, name);

    /// <returns>The same for tables that have the same rows.</returns>
    public async Task<string> FingerprintAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) || ' ' || sum(hashtextextended(concat_ws(' ', remote_id, resource_name, uri, metadata) COLLATE \"C\", 0)) FROM {name}", connection)
        {
            CommandTimeout = TimeLimitSeconds,
        };
        return (string)(await command.ExecuteScalarAsync())!;
    }

    public async Task CheckAsync(string contestant, Load load, IReadOnlyList<Guid> connections)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand(
            $"SELECT count(*), coalesce(sum(substr(metadata, {Row.RevisionAt}, 1)::int), 0) FROM {name} WHERE {key} = ANY ($1)", connection)
        {
            CommandTimeout = TimeLimitSeconds,
            Parameters = { new() { Value = connections.ToArray() } },
        };
        await using var reader = await count.ExecuteReaderAsync();
        await reader.ReadAsync();
        if ((reader.GetInt64(0), reader.GetInt64(1)) != (load.Rows, load.Revisions))
        {
            throw new InvalidOperationException(
                $"{contestant}, {load}: the table has {reader.GetInt64(0)} rows with revisions of {reader.GetInt64(1)} together, {load.Rows} and {load.Revisions} were loaded.");
        }
    }
}
