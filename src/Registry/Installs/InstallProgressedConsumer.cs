using Dapper;
using MassTransit;
using Npgsql;
using Platform.Contracts;

namespace Platform.Registry.Installs;

/// <summary>
/// Shows the stage of a running install, and how far its download is. A sign of life too: the command is not repeated while they come;
/// the request to end it is.
/// </summary>
internal sealed class InstallProgressedConsumer(NpgsqlDataSource database) : IConsumer<InstallProgressed>
{
    public async Task Consume(ConsumeContext<InstallProgressed> context)
    {
        await using var connection = await database.OpenConnectionAsync(context.CancellationToken);
        // One that comes after the answer does not lead back from the check.
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE installs SET state = 'running', stage = @Stage, done_bytes = @DoneBytes, total_bytes = @TotalBytes, progress_at = @At,
                last_sent_at = CASE WHEN cancel_requested_at IS NULL THEN now() ELSE last_sent_at END
            WHERE id = @InstallId AND state IN ('queued', 'running') AND stage IS DISTINCT FROM 'checking' AND (progress_at IS NULL OR progress_at < @At)
            """, context.Message, cancellationToken: context.CancellationToken));
    }
}
