using Npgsql;

namespace Platform.Ingest;

/// <summary>Runs that write now: they have been opened and not been closed yet.</summary>
internal static class OpenRuns
{
    /// <summary>
    /// To be called under the connection's lock, which <c>Open</c> takes too: then none opens before the transaction ends. What only listens has no state and
    /// stands in nobody's way.
    /// </summary>
    /// <exception cref="ServiceDefaults.ProblemException">409 run_active.</exception>
    public static async Task RefuseAsync(NpgsqlConnection connection, Guid connectionId, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT run_id FROM run_counts c WHERE connection_id = $1
            AND NOT EXISTS (SELECT FROM writers w WHERE w.connection_id = $1 AND w.kind = 'listen' AND w.run_id = c.run_id) LIMIT 1
            """, connection) { Parameters = { new() { Value = connectionId } } };
        if (await command.ExecuteScalarAsync(cancellation) is Guid runId)
            throw Errors.RunActive(name, runId);
    }
}
