using Dapper;
using Npgsql;
using Platform.Contracts;

namespace Platform.Registry.Versions;

/// <summary>Numbers the versions of a connector: 1, 2, 3 …, none of them given twice.</summary>
internal static class ConnectorVersions
{
    /// <returns>
    /// A ready version with the same bundle and manifest, which is then the current one; else a new one that has still to be checked.
    /// </returns>
    public static async Task<(int Number, bool IsReady)> AddAsync(
        NpgsqlTransaction transaction, string connector, string manifest, InstallFinished answer, CancellationToken cancel)
    {
        var database = transaction.Connection!;
        var parameters = new
        {
            connector,
            manifest,
            answer.Digest,
            SizeBytes = answer.SizeBytes ?? 0,
            answer.SourceRevision,
            answer.SourceDigest,
            answer.InstallId,
        };

        // Held to the end of the transaction, so that neither two numbers meet nor two moves of the current version.
        await database.ExecuteAsync(new CommandDefinition("""
            INSERT INTO connectors (name, current_version) VALUES (@connector, 0)
            ON CONFLICT (name) DO UPDATE SET name = excluded.name
            """, parameters, transaction, cancellationToken: cancel));

        var same = await database.ExecuteScalarAsync<int?>(new CommandDefinition("""
            UPDATE connectors c SET current_version = v.number
            FROM (
                SELECT number FROM connector_versions JOIN connectors ON name = connector
                WHERE connector = @connector AND state = 'ready' AND digest = @Digest AND manifest = @manifest::jsonb
                ORDER BY number = current_version DESC, number DESC LIMIT 1) v
            WHERE c.name = @connector
            RETURNING c.current_version
            """, parameters, transaction, cancellationToken: cancel));
        if (same is not null) return (same.Value, true);

        return (await database.ExecuteScalarAsync<int>(new CommandDefinition("""
            WITH numbered AS (UPDATE connectors SET last_version = last_version + 1 WHERE name = @connector RETURNING last_version)
            INSERT INTO connector_versions (connector, number, manifest, digest, size_bytes, source_revision, source_digest, install_id, state)
            SELECT @connector, last_version, @manifest::jsonb, @Digest, @SizeBytes, @SourceRevision, @SourceDigest, @InstallId, 'checking' FROM numbered
            RETURNING number
            """, parameters, transaction, cancellationToken: cancel)), false);
    }
}
