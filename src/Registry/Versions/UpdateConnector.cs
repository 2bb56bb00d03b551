using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Installs;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>POST /v1/connectors/{name}/update: installs the current version's manifest again, by its update_command where it has one.</summary>
internal static class UpdateConnector
{
    private sealed record Current(string Manifest, string Digest, string? SourceRevision);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/connectors/{name}/update", HandleAsync)
            .RequireScope("connectors:install")
            .WithErrors("install_running", "unknown_connector")
            .WithName("UpdateConnector").WithSummary("Fetches and builds a connector again").WithTags("Connectors")
            .WithDescription("With an update_command, that runs in the files of the current version. The result is a new version, unless it is the same.")
            .Produces<InstallView>(StatusCodes.Status202Accepted)
            .ProducesProblem(404).ProducesProblem(409);

    private static async Task<IResult> HandleAsync(
        string name, HttpContext context, NpgsqlDataSource database, InstallSender sender, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var current = await connection.QuerySingleOrDefaultAsync<Current>(new CommandDefinition("""
            SELECT v.manifest, v.digest, v.source_revision
            FROM connectors c JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            WHERE c.name = @name
            """, new { name }, transaction, cancellationToken: cancel)) ?? throw Errors.UnknownConnector(name);
        var manifest = JsonSerializer.Deserialize<Manifest>(current.Manifest, PlatformJson.Options)! with { Name = name };
        var from = string.IsNullOrWhiteSpace(manifest.UpdateCommand) ? null : new InstalledVersion(current.Digest, current.SourceRevision);

        var row = await BeginInstall.BeginAsync(connection, transaction, manifest, BeginInstall.Update, from, null, context.Actor(), cancel);
        // Deleting takes this row first and then looks for installs: one of the two sees the other.
        if (await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
                "SELECT 1 FROM connectors WHERE name = @name FOR KEY SHARE", new { name }, transaction, cancellationToken: cancel)) is null)
            throw Errors.UnknownConnector(name);
        await transaction.CommitAsync(cancel);
        sender.Wake();
        return Results.Accepted($"/v1/installs/{row.Id}", row.View);
    }
}
