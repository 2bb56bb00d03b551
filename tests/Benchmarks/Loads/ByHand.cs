using Npgsql;

namespace Platform.Benchmarks.Loads;

/// <summary>What one writes who needs it once: COPY into a temporary table and one statement that adds or changes, all in one transaction.</summary>
internal sealed class ByHand(string name, LoadTable table) : LoadContestant(name, table)
{
    private const int LimitSeconds = 3600;

    private const string Merge = $"""
        INSERT INTO objects AS o ({CopyRows.Columns})
        SELECT {CopyRows.Columns} FROM incoming
        ON CONFLICT (connection_id, stream, remote_id) DO UPDATE
        SET resource_name = excluded.resource_name, uri = excluded.uri, metadata = excluded.metadata, hash = excluded.hash, is_json = excluded.is_json, updated_at = excluded.updated_at
        WHERE (o.resource_name, o.uri, o.metadata) IS DISTINCT FROM (excluded.resource_name, excluded.uri, excluded.metadata)
        """;

    protected override async Task<Func<Task>> PrepareAsync(Load load)
    {
        var rows = new CopyRows(Connections[0], RowsOf(load, 0));
        var connection = new NpgsqlConnection(Table.ConnectionString);
        await connection.OpenAsync();
        return async () =>
        {
            await using (connection)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await using (var create = new NpgsqlCommand("CREATE TEMP TABLE incoming (LIKE objects) ON COMMIT DROP", connection))
                    await create.ExecuteNonQueryAsync();
                await rows.SendAsync(connection, "incoming");
                await using (var merge = new NpgsqlCommand(Merge, connection) { CommandTimeout = LimitSeconds })
                    await merge.ExecuteNonQueryAsync();
                await transaction.CommitAsync();
            }
        };
    }
}
