using Dapper;
using MassTransit;
using Npgsql;
using Platform.Contracts;

namespace Platform.Registry.Installs;

/// <summary>Shows the stage of a running install, and how far its download is. A sign of life too: the command is not repeated while they come.</summary>
internal sealed class InstallProgressedConsumer(NpgsqlDataSource database) : IConsumer<InstallProgressed>
{
    public async Task Consume(ConsumeContext<InstallProgressed> context)
    {
        await using var connection = await database.OpenConnectionAsync(context.CancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE installs SET state = 'running', stage = @Stage, done_bytes = @DoneBytes, total_bytes = @TotalBytes, last_sent_at = now()
            WHERE id = @InstallId AND state IN ('queued', 'running')
            """, context.Message, cancellationToken: context.CancellationToken));
    }
}
