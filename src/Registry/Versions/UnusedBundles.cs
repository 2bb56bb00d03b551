using Dapper;
using Npgsql;

namespace Platform.Registry.Versions;

/// <summary>Removal of versions in the database. Their bundles go later, see <see cref="RemoveBundles"/>.</summary>
internal static class UnusedBundles
{
    /// <summary>Removes those of the versions that are neither current nor being checked. The caller holds the connector's row.</summary>
    /// <returns>How many there were.</returns>
    public static Task<int> RemoveVersionsAsync(NpgsqlTransaction transaction, string connector, int[] numbers, CancellationToken cancel) =>
        transaction.Connection!.ExecuteScalarAsync<int>(new CommandDefinition("""
            WITH removed AS (
                DELETE FROM connector_versions v USING connectors c
                WHERE v.connector = @connector AND v.number = ANY(@numbers) AND v.state <> 'checking'
                AND c.name = v.connector AND c.current_version <> v.number
                RETURNING v.digest),
            unused AS (
                INSERT INTO unused_bundles (digest) SELECT DISTINCT digest FROM removed
                ON CONFLICT (digest) DO UPDATE SET unused_since = now())
            SELECT count(*)::int FROM removed
            """, new { connector, numbers }, transaction, cancellationToken: cancel));

    /// <summary>Bundles that no version names, or will name after this transaction.</summary>
    public static Task AddAsync(NpgsqlTransaction transaction, IEnumerable<string> digests, CancellationToken cancel) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition("""
            INSERT INTO unused_bundles (digest) SELECT DISTINCT unnest(@digests) ON CONFLICT (digest) DO UPDATE SET unused_since = now()
            """, new { digests = digests.ToArray() }, transaction, cancellationToken: cancel));
}
