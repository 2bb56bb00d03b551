using Npgsql;

namespace Platform.Ingest.Deletion;

/// <summary>The connections that are gone. To be asked under the connection's lock, which barring one takes too.</summary>
internal static class DeletedConnections
{
    public static async Task<bool> FindAsync(NpgsqlConnection connection, Guid connectionId, CancellationToken cancellation)
    {
        await using var find = new NpgsqlCommand("SELECT EXISTS (SELECT FROM deleted_connections WHERE connection_id = $1)", connection)
        {
            Parameters = { new() { Value = connectionId } }
        };
        return (bool)(await find.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>For what is written of it after all, such as the end of a run.</summary>
    public static async Task PurgeAgainAsync(NpgsqlConnection connection, Guid connectionId, CancellationToken cancellation)
    {
        await using var update = new NpgsqlCommand("UPDATE deleted_connections SET purged_at = NULL WHERE connection_id = $1", connection)
        {
            Parameters = { new() { Value = connectionId } }
        };
        await update.ExecuteNonQueryAsync(cancellation);
    }
}
