using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Registry.Versions;

/// <summary>
/// Removes old versions: per connector, the newest <see cref="VersionSettings.Keep"/> ready ones stay, and as many rejected ones, so that failed
/// updates don't take away what could be rolled back to. The current one and those in use stay in any case.
/// </summary>
internal sealed partial class PruneVersions(
    NpgsqlDataSource database, BundleUse use, RemoveBundles bundles, IOptions<VersionSettings> options, ILogger<PruneVersions> logger) : RowQueue(LookEvery, logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private sealed record Version(string Connector, int Number, string Digest);

    protected override async Task WorkAsync(CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        var old = (await connection.QueryAsync<Version>(new CommandDefinition("""
            SELECT connector, number, digest
            FROM (
                SELECT connector, number, digest, row_number() OVER (PARTITION BY connector, state ORDER BY number DESC) AS age
                FROM connector_versions WHERE state IN ('ready', 'rejected')) v
            JOIN connectors ON name = connector
            WHERE age > @Keep AND number <> current_version
            """, new { options.Value.Keep }, cancellationToken: stopping))).AsList();
        if (old.Count == 0) return;

        var used = await use.FindAsync(old.Select(v => v.Digest), stopping);
        foreach (var versions in old.Where(v => !used.Contains(v.Digest)).GroupBy(v => v.Connector))
        {
            await using var transaction = await connection.BeginTransactionAsync(stopping);
            await connection.ExecuteAsync(new CommandDefinition(
                "SELECT FROM connectors WHERE name = @Key FOR UPDATE", new { versions.Key }, transaction, cancellationToken: stopping));
            var removed = await UnusedBundles.RemoveVersionsAsync(transaction, versions.Key, [.. versions.Select(v => v.Number)], stopping);
            await transaction.CommitAsync(stopping);
            LogPruned(logger, removed, versions.Key);
        }
        bundles.Wake();
    }

    [LoggerMessage(2, LogLevel.Information, "Pruned {Count} old versions of {Connector}")]
    private static partial void LogPruned(ILogger logger, int count, string connector);
}
