using Npgsql;
using Platform.Contracts;
using Platform.Ingest.Load;
using Platform.Ingest.Objects;

namespace Platform.Ingest.Deletion;

/// <summary>
/// On <c>connection.deleted</c>: from the commit on every Open and every page of the connection is refused, also of loads that are open. A batch in flight
/// is waited for. What there is goes after that, see <see cref="PurgeDeleted"/>.
/// </summary>
internal sealed class BarConnection(NpgsqlDataSource database, Retries retries, ConnectionIds ids, PurgeDeleted purge)
{
    public async Task RunAsync(ConnectionDeleted deleted, CancellationToken cancellation)
    {
        await retries.RunAsync(async token =>
        {
            await using var connection = await database.OpenConnectionAsync(token);
            await using var transaction = await connection.BeginTransactionAsync(token);
            await using var bar = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    // The row is what every writer locks: made here where there is none, so that an Open which makes it too is waited for.
                    ConnectionRow.LimitTheWait(), ConnectionRow.Ensure(deleted.ConnectionId, deleted.Connection, deleted.Connector),
                    ConnectionRow.Lock(deleted.ConnectionId),
                    new("INSERT INTO deleted_connections (connection_id, connection, connector) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                    {
                        Parameters = { new() { Value = deleted.ConnectionId }, new() { Value = deleted.Connection }, new() { Value = deleted.Connector } }
                    },
                    // Repeated after the purge: the row has been made again above.
                    new("UPDATE deleted_connections SET purged_at = NULL WHERE connection_id = $1") { Parameters = { new() { Value = deleted.ConnectionId } } },
                }
            };
            await bar.ExecuteNonQueryAsync(token);
            await transaction.CommitAsync(CancellationToken.None);
            return true;
        }, cancellation);
        ids.Forget(deleted.Connection);
        purge.Wake();
    }
}
