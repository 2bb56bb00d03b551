using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Installs;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <param name="Protocol">Null: the Runner did not say.</param>
/// <param name="Specification">As JSON; null: it says nothing of itself.</param>
internal sealed record CheckedVersion(string? Protocol, string? Specification);

/// <summary>What follows from a check, in one transaction: version, current version, install and event. Nothing, when the version is not being checked any more.</summary>
internal static class CheckVerdict
{
    private sealed record Version(string Connector, int Number, string Digest);

    /// <param name="said">What the version said of itself; it is kept with it.</param>
    public static async Task AcceptAsync(NpgsqlDataSource database, Guid install, CheckedVersion said, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await TakeAsync(transaction, install, "ready", cancel) is not { } version) return;
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE connectors SET current_version = @Number WHERE name = @Connector;
            UPDATE connector_versions SET agreed_protocol = @Protocol, specification = @Specification::jsonb WHERE connector = @Connector AND number = @Number
            """, new { version.Number, version.Connector, said.Protocol, said.Specification }, transaction, cancellationToken: cancel));
        await FinishInstall.SucceedAsync(transaction, install, version.Connector, version.Number, version.Digest, cancel);
        FaultPoints.Pass("version-accepting");
        await transaction.CommitAsync(cancel);
        FaultPoints.Pass("version-accepted");
    }

    public static async Task RejectAsync(NpgsqlDataSource database, Guid install, InstallError error, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await TakeAsync(transaction, install, "rejected", cancel) is not { } version) return;
        await FinishInstall.FailAsync(transaction, install, version.Connector, error, cancel);
        await transaction.CommitAsync(cancel);
    }

    private static async Task<Version?> TakeAsync(NpgsqlTransaction transaction, Guid install, string state, CancellationToken cancel)
    {
        // The install's row first, as everywhere: nothing else decides about it meanwhile.
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "SELECT FROM installs WHERE id = @install FOR UPDATE", new { install }, transaction, cancellationToken: cancel));
        return await transaction.Connection!.QuerySingleOrDefaultAsync<Version>(new CommandDefinition("""
            UPDATE connector_versions SET state = @state WHERE install_id = @install AND state = 'checking' RETURNING connector, number, digest
            """, new { install, state }, transaction, cancellationToken: cancel));
    }
}
