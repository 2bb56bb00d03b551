using Dapper;
using Npgsql;
using Platform.Contracts;

namespace Platform.Registry.Installs;

/// <summary>Numbers the versions of a connector: 1, 2, 3 … The current one moves only here, after a success.</summary>
internal static class ConnectorVersions
{
    /// <returns>The version's number: the current one's when digest and manifest are the same, else a new one.</returns>
    public static async Task<int> AddAsync(
        NpgsqlTransaction transaction, string connector, string manifest, InstallFinished answer, CancellationToken cancel)
    {
        var database = transaction.Connection!;
        var parameters = new { connector, manifest, answer.Digest, SizeBytes = answer.SizeBytes ?? 0, answer.SourceRevision, answer.SourceDigest, answer.InstallId };

        // Held to the end of the transaction, so that two numbers never meet.
        var current = await database.ExecuteScalarAsync<int>(new CommandDefinition("""
            INSERT INTO connectors (name, current_version) VALUES (@connector, 0)
            ON CONFLICT (name) DO UPDATE SET name = excluded.name
            RETURNING current_version
            """, parameters, transaction, cancellationToken: cancel));

        var same = await database.ExecuteScalarAsync<bool>(new CommandDefinition("""
            SELECT EXISTS (SELECT FROM connector_versions
            WHERE connector = @connector AND number = @current AND digest = @Digest AND manifest = @manifest::jsonb)
            """, new { connector, current, answer.Digest, manifest }, transaction, cancellationToken: cancel));
        if (same) return current;

        return await database.ExecuteScalarAsync<int>(new CommandDefinition("""
            WITH added AS (
                INSERT INTO connector_versions (connector, number, manifest, digest, size_bytes, source_revision, source_digest, install_id)
                SELECT @connector, coalesce(max(number), 0) + 1, @manifest::jsonb, @Digest, @SizeBytes, @SourceRevision, @SourceDigest, @InstallId
                FROM connector_versions WHERE connector = @connector
                RETURNING number)
            UPDATE connectors SET current_version = added.number FROM added WHERE name = @connector
            RETURNING current_version
            """, parameters, transaction, cancellationToken: cancel));
    }
}
