using Dapper;
using Npgsql;
using Platform.Registry.Versions;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>
/// POST /v1/installs/{id}/cancel. What Installer has never heard of, or what it is done with, ends here at once; the rest when it answers.
/// </summary>
internal static class RequestCancel
{
    private sealed record Pending(string Connector, string State, string? Stage, bool WasSent);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/installs/{id}/cancel", HandleAsync)
            .RequireScope("connectors:install")
            .WithErrors("install_finished", "unknown_install")
            .WithName("CancelInstall").WithSummary("Ends an install that has not finished").WithTags("Installs")
            .Produces<InstallView>(StatusCodes.Status202Accepted)
            .ProducesProblem(404).ProducesProblem(409);

    private static async Task<IResult> HandleAsync(string id, NpgsqlDataSource database, InstallSender sender, CancellationToken cancel)
    {
        if (!Guid.TryParse(id, out var key)) throw Errors.UnknownInstall(id);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var install = await connection.QuerySingleOrDefaultAsync<Pending>(new CommandDefinition(
            "SELECT connector, state, stage, last_sent_at IS NOT NULL AS was_sent FROM installs WHERE id = @key FOR UPDATE",
            new { key }, transaction, cancellationToken: cancel)) ?? throw Errors.UnknownInstall(id);
        if (install.State is not ("queued" or "running")) throw Errors.InstallFinished(key, install.State);

        if (install.Stage == CheckVersions.Stage)
        {
            await RemoveVersionAsync(transaction, key, cancel);
            await FinishInstall.CancelAsync(transaction, key, install.Connector, cancel);
        }
        else if (!install.WasSent)
        {
            await FinishInstall.CancelAsync(transaction, key, install.Connector, cancel);
        }
        else
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE installs SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = @key",
                new { key }, transaction, cancellationToken: cancel));
        }
        var row = await connection.QuerySingleAsync<InstallRow>(new CommandDefinition(
            $"SELECT {InstallRow.Columns} FROM installs WHERE id = @key", new { key }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        sender.Wake();
        return Results.Accepted($"/v1/installs/{key}", row.View);
    }

    /// <summary>Nobody has used the version, and whoever checks it stops as soon as its row is gone.</summary>
    private static async Task RemoveVersionAsync(NpgsqlTransaction transaction, Guid install, CancellationToken cancel)
    {
        var digests = await transaction.Connection!.QueryAsync<string>(new CommandDefinition(
            "DELETE FROM connector_versions WHERE install_id = @install AND state = 'checking' RETURNING digest",
            new { install }, transaction, cancellationToken: cancel));
        await UnusedBundles.AddAsync(transaction, digests, cancel);
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "UPDATE installs SET version = NULL, digest = NULL WHERE id = @install", new { install }, transaction, cancellationToken: cancel));
    }
}
