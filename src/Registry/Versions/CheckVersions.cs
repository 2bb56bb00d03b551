using Dapper;
using Npgsql;

namespace Platform.Registry.Versions;

/// <summary>
/// Has every new version checked by a Runner before connections take it. The rows are the queue, in state <c>checking</c>; whoever holds a
/// row's advisory lock checks it, so that replicas share them out and a Registry that dies gives its checks back at once. The lock is on no
/// row: a check may take minutes, and its install has to be shown, and ended, meanwhile.
/// </summary>
internal sealed partial class CheckVersions(NpgsqlDataSource database, VersionCheck check, ILogger<CheckVersions> logger) : RowQueue(LookEvery, logger)
{
    /// <summary>Of an install whose version is being checked.</summary>
    public const string Stage = "checking";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private const int AtOnce = 4;

    // Touched by the loop alone.
    private readonly Dictionary<Guid, Task> running = [];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task WorkAsync(CancellationToken stopping)
    {
        foreach (var done in running.Where(c => c.Value.IsCompleted).Select(c => c.Key).ToList())
            running.Remove(done);
        await using var connection = await database.OpenConnectionAsync(stopping);
        var waiting = await connection.QueryAsync<Guid>(new CommandDefinition(
            "SELECT install_id FROM connector_versions WHERE state = 'checking' ORDER BY installed_at", cancellationToken: stopping));
        foreach (var install in waiting.Where(id => !running.ContainsKey(id)))
        {
            if (running.Count >= AtOnce) return;
            if (await TryTakeAsync(install, stopping) is not { } held) continue;
            var task = RunAsync(held, install, stopping);
            running[install] = task;
            // There is room for another. What broke waits for the next look.
            _ = task.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    /// <returns>A transaction that holds the lock until its end; null when another replica has it.</returns>
    private async Task<NpgsqlTransaction?> TryTakeAsync(Guid install, CancellationToken cancel)
    {
        var connection = await database.OpenConnectionAsync(cancel);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancel);
            if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                    "SELECT pg_try_advisory_xact_lock(hashtextextended('check of install ' || @install, 0))",
                    new { install = install.ToString() }, transaction, cancellationToken: cancel)))
                return transaction;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }

    private async Task RunAsync(NpgsqlTransaction held, Guid install, CancellationToken stopping)
    {
        await using var connection = held.Connection!;
        try
        {
            await check.RunAsync(held, install, stopping);
        }
        catch (Exception e)
        {
            if (!stopping.IsCancellationRequested) LogBroken(logger, install, e);
            throw;
        }
    }

    [LoggerMessage(2, LogLevel.Warning, "The check of install {Install} was broken off; it begins anew")]
    private static partial void LogBroken(ILogger logger, Guid install, Exception e);
}
