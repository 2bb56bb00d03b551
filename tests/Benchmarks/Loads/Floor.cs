using Npgsql;

namespace Platform.Benchmarks.Loads;

/// <summary>What the database takes at best: one COPY straight into the table with its primary key. Can only add.</summary>
internal sealed class Floor(string name, LoadTable table) : LoadContestant(name, table)
{
    public override bool Takes(LoadKind kind) => kind == LoadKind.New;

    protected override async Task<Func<Task>> PrepareAsync(Load load)
    {
        var rows = new CopyRows(Connections[0], RowsOf(load, 0));
        var connection = new NpgsqlConnection(Table.ConnectionString);
        await connection.OpenAsync();
        return async () =>
        {
            await using (connection)
                await rows.SendAsync(connection, "objects");
        };
    }
}
