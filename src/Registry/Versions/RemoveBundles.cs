using Dapper;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Installer.V1;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>
/// Has Installer remove the bundles that no version names any more.
/// <para>
/// An install that comes out with a bundle which is in the store already relies on finding it there, and until Registry has recorded its
/// answer no row tells of that. So a bundle goes only while no install is under way anywhere, and none begins: the transaction holds
/// <c>LOCK TABLE installs IN SHARE MODE</c>, which every insert and update of that table waits for. It sees that nothing is queued or
/// running and that no version names the digest, has the bundle removed, and only then lets go. It waits for the lock only briefly, since
/// whoever comes after it waits too, and the call has a short deadline; what did not work is tried again.
/// </para>
/// Runs are the other users: a bundle goes a while after its last version, and after Runner has said that no open run has it.
/// </summary>
internal sealed partial class RemoveBundles(
    NpgsqlDataSource database, Bundles.BundlesClient store, BundleUse use, IOptions<VersionSettings> options, ILogger<RemoveBundles> logger)
    : RowQueue(LookEvery, logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);
    private const int Batch = 100;

    protected override async Task WorkAsync(CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        var grace = TimeSpan.FromSeconds(options.Value.BundleGraceSeconds);
        var unused = (await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT digest FROM unused_bundles WHERE unused_since <= now() - @grace ORDER BY unused_since LIMIT @Batch",
            new { grace, Batch }, cancellationToken: stopping))).AsList();
        if (unused.Count == 0) return;

        var used = await use.FindAsync(unused, stopping);
        RpcException? failure = null;
        foreach (var digest in unused.Where(d => !used.Contains(d)))
        {
            try
            {
                if (!await TryRemoveAsync(connection, digest, stopping)) break;
            }
            catch (RpcException e) when (e.StatusCode is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded))
            {
                // This one can't be removed; that must not keep the others.
                failure = e;
            }
        }
        if (failure is not null) throw new InvalidOperationException("A bundle could not be removed.", failure);
    }

    /// <returns>False when installs are in the way.</returns>
    private async Task<bool> TryRemoveAsync(NpgsqlConnection connection, string digest, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "SET LOCAL lock_timeout = '500ms'; LOCK TABLE installs IN SHARE MODE", transaction: transaction, cancellationToken: cancel));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
        if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "SELECT EXISTS (SELECT FROM installs WHERE state IN ('queued', 'running'))", transaction: transaction, cancellationToken: cancel)))
            return false;

        // Another replica may be at it, or done with it.
        var isMine = await connection.ExecuteAsync(new CommandDefinition("""
            DELETE FROM unused_bundles WHERE digest IN (SELECT digest FROM unused_bundles WHERE digest = @digest FOR UPDATE SKIP LOCKED)
            """, new { digest }, transaction, cancellationToken: cancel)) == 1;
        var isNamed = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT EXISTS (SELECT FROM connector_versions WHERE digest = @digest)", new { digest }, transaction, cancellationToken: cancel));
        if (isMine && !isNamed)
        {
            await store.RemoveAsync(new RemoveRequest { Digest = digest }, deadline: DateTime.UtcNow + CallLimit, cancellationToken: cancel);
            FaultPoints.Pass("bundle-removed");
            LogRemoved(logger, digest);
        }
        await transaction.CommitAsync(cancel);
        return true;
    }

    [LoggerMessage(2, LogLevel.Information, "Bundle {Digest} was removed: no version names it")]
    private static partial void LogRemoved(ILogger logger, string digest);
}
