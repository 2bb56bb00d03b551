using Npgsql;

namespace Platform.Ingest.Objects;

/// <summary>A jsonpath that PostgreSQL has accepted.</summary>
/// <param name="Predicate">It answers true or false by itself, as <c>$.size > 10</c> does; other paths find something or nothing.</param>
internal sealed record JsonPath(string Text, bool Predicate)
{
    // The _tz forms compare times with a zone to such without one, where the others end the query with an error.
    public string Test => Predicate ? "jsonb_path_match_tz" : "jsonb_path_exists_tz";

    /// <returns>The path, or what is wrong with it.</returns>
    public static async Task<(JsonPath? Path, string? Error)> ReadAsync(NpgsqlDataSource database, string text, CancellationToken cancellation)
    {
        // Over an empty object a predicate alone answers true, false or null. "Finds something" would hold for it on every row.
        await using var command = database.CreateCommand("SELECT jsonb_path_query_array_tz('{}', $1::jsonpath, '{}', true) IN ('[true]', '[false]', '[null]')");
        command.Parameters.Add(new() { Value = text });
        try
        {
            return (new(text, (bool)(await command.ExecuteScalarAsync(cancellation))!), null);
        }
        catch (PostgresException e) when (
            e.SqlState is PostgresErrorCodes.SyntaxError or PostgresErrorCodes.UndefinedObject || e.SqlState.StartsWith("22", StringComparison.Ordinal))
        {
            return (null, e.MessageText);
        }
    }

    /// <summary>What reading the path does not find: a variable is looked up where evaluation comes to it, and there are none.</summary>
    public static bool IsAboutPath(PostgresException error) => error.SqlState == PostgresErrorCodes.UndefinedObject;
}
