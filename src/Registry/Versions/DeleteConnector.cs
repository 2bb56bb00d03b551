using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Installs;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>DELETE /v1/connectors/{name}: a connector that no connection uses, with all of its versions.</summary>
internal static class DeleteConnector
{
    private const int NamedConnections = 10;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/connectors/{name}", HandleAsync)
            .RequireScope("connectors:install")
            .WithErrors("connector_in_use", "install_running", "unknown_connector")
            .WithName("DeleteConnector").WithSummary("Removes a connector that no connection uses").WithTags("Connectors")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(404).ProducesProblem(409);

    private static async Task<IResult> HandleAsync(string name, NpgsqlDataSource database, RemoveBundles bundles, CancellationToken cancel)
    {
        if (name.Contains('\0')) throw Errors.UnknownConnector(name);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Keeps out new connections, updates, and the versions of installs.
        if (await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
                "SELECT 1 FROM connectors WHERE name = @name FOR UPDATE", new { name }, transaction, cancellationToken: cancel)) is null)
            throw Errors.UnknownConnector(name);
        if (await BeginInstall.FindRunningAsync(connection, transaction, name, cancel) is { } running)
            throw Errors.InstallRunning(name, running);
        var connections = (await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT name FROM connections WHERE connector = @name ORDER BY name LIMIT @NamedConnections + 1",
            new { name, NamedConnections }, transaction, cancellationToken: cancel))).AsList();
        if (connections.Count > 0)
            throw Errors.ConnectorInUse(name, [.. connections.Take(NamedConnections)], connections.Count > NamedConnections);

        var digests = await connection.QueryAsync<string>(new CommandDefinition(
            "DELETE FROM connector_versions WHERE connector = @name RETURNING digest", new { name }, transaction, cancellationToken: cancel));
        await UnusedBundles.AddAsync(transaction, digests, cancel);
        await connection.ExecuteAsync(new CommandDefinition("DELETE FROM connectors WHERE name = @name", new { name }, transaction, cancellationToken: cancel));
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectorDeleted, name, "/registry",
            new ConnectorDeleted(name)), cancel);
        await transaction.CommitAsync(cancel);
        bundles.Wake();
        return Results.NoContent();
    }
}
