using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>The end of an install, and the event that tells of it, in the caller's transaction, which holds the install's row.</summary>
internal static class FinishInstall
{
    public static async Task SucceedAsync(
        NpgsqlTransaction transaction, Guid id, string connector, int version, string digest, CancellationToken cancel)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition("""
            UPDATE installs SET state = 'succeeded', stage = NULL, version = @version, digest = @digest, finished_at = now() WHERE id = @id
            """, new { id, version, digest }, transaction, cancellationToken: cancel));
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectorInstalled, connector, "/registry",
            new ConnectorInstalled(id, connector, version, digest)), cancel);
    }

    public static Task FailAsync(NpgsqlTransaction transaction, Guid id, string connector, InstallError error, CancellationToken cancel) =>
        EndAsync(transaction, id, connector, "failed", error, cancel);

    public static Task CancelAsync(NpgsqlTransaction transaction, Guid id, string connector, CancellationToken cancel) =>
        EndAsync(transaction, id, connector, "cancelled", Errors.InstallCancelled(), cancel);

    private static async Task EndAsync(
        NpgsqlTransaction transaction, Guid id, string connector, string state, InstallError error, CancellationToken cancel)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition("""
            UPDATE installs SET state = @state, stage = NULL, error = @error::json, finished_at = now() WHERE id = @id
            """, new { id, state, error = JsonSerializer.Serialize(error, PlatformJson.Options) }, transaction, cancellationToken: cancel));
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectorInstallFailed, connector, "/registry",
            new ConnectorInstallFailed(id, connector, new(error.Code, error.Message, error.Remedy))), cancel);
    }
}
