using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Platform.Benchmarks.Loads;

/// <summary>
/// The shape of c1's own statement: an INSERT of a page with all its values, which overwrites every column of a row that is there;
/// a transaction each, one after the other.
/// </summary>
/// <param name="prepared">Once for all pages; else the server parses and plans every page anew. Which of the two it is, is up to the client's library.</param>
internal sealed class PageStatement(string name, LoadTable table, bool prepared) : LoadContestant(name, table)
{
    public const string CreateTable = """
        CREATE TABLE data_objects (
            account_id uuid NOT NULL, remote_id text NOT NULL, resource_name text NOT NULL, uri text NOT NULL, metadata text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (account_id, remote_id))
        """;

    protected override async Task<Func<Task>> PrepareAsync(Load load)
    {
        var pages = RowsOf(load, 0).Chunk(PageLoads.PageRows).ToArray();
        var connection = new NpgsqlConnection(Table.ConnectionString);
        await connection.OpenAsync();
        var insert = new NpgsqlCommand(Statement(pages[0].Length), connection);
        insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Connections[0] });
        var fields = Enumerable.Range(0, 4 * pages[0].Length).Select(_ => new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Text }).ToArray();
        insert.Parameters.AddRange(fields);
        if (prepared)
            await insert.PrepareAsync();
        return async () =>
        {
            await using (connection)
            await using (insert)
            {
                foreach (var page in pages)
                {
                    for (var i = 0; i < page.Length; i++)
                    {
                        fields[4 * i].TypedValue = page[i].RemoteId;
                        fields[4 * i + 1].TypedValue = Row.ResourceName;
                        fields[4 * i + 2].TypedValue = page[i].Uri;
                        fields[4 * i + 3].TypedValue = page[i].Metadata;
                    }

                    await insert.ExecuteNonQueryAsync();
                }
            }
        };
    }

    private static string Statement(int rows)
    {
        var values = Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"($1, ${4 * i + 2}, ${4 * i + 3}, ${4 * i + 4}, ${4 * i + 5})"));
        return $"""
            INSERT INTO data_objects (account_id, remote_id, resource_name, uri, metadata) VALUES {string.Join(", ", values)}
            ON CONFLICT (account_id, remote_id) DO UPDATE
            SET resource_name = excluded.resource_name, uri = excluded.uri, metadata = excluded.metadata, updated_at = excluded.updated_at
            """;
    }
}
