using Npgsql;
using Platform.Ingest.Deletion;
using Platform.Ingest.Load;
using Platform.ServiceDefaults;

namespace Platform.Ingest.States;

/// <summary>
/// What every edit of a state by hand obeys: it is one transaction under the connection's lock, no run may be open – its next page would
/// overwrite the edit, or its connector has read the old state already – and the caller must know what is there.
/// </summary>
internal sealed class StateChange(NpgsqlDataSource database, Retries retries)
{
    /// <param name="change">Done when all is well; gets what is there before it.</param>
    /// <returns>What is there after it.</returns>
    /// <exception cref="ProblemException">409 run_active, connection_deleted, 412 etag_mismatch.</exception>
    public Task<StateView> RunAsync(
        Guid connectionId, string name, IfMatch ifMatch, Func<NpgsqlConnection, StateView, CancellationToken, Task> change, CancellationToken cancellation) =>
        retries.RunAsync(async token =>
        {
            await using var connection = await database.OpenConnectionAsync(token);
            await using var transaction = await connection.BeginTransactionAsync(token);
            await using (var locks = new NpgsqlBatch(connection) { BatchCommands = { ConnectionRow.LimitTheWait(), ConnectionRow.Lock(connectionId) } })
                await locks.ExecuteNonQueryAsync(token);
            if (await DeletedConnections.FindAsync(connection, connectionId, token))
                throw Errors.ConnectionDeleted(name);
            await OpenRuns.RefuseAsync(connection, connectionId, name, token);
            var before = await StateView.ReadAsync(connection, connectionId, name, null, token);
            if (!ifMatch.Holds(before.ETag))
                throw Errors.ETagMismatch(before.ETag);
            await change(connection, before, token);
            var after = await StateView.ReadAsync(connection, connectionId, name, null, token);
            await transaction.CommitAsync(CancellationToken.None);
            return after;
        }, cancellation);
}
