using System.Globalization;
using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>DELETE /v1/connectors/{name}/versions/{version}: one that nothing uses.</summary>
internal static class DeleteVersion
{
    private sealed record Version(string State, bool Current, string Digest);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/connectors/{name}/versions/{version}", HandleAsync)
            .RequireScope("connectors:install")
            .WithErrors("unknown_version", "version_in_use")
            .WithName("DeleteConnectorVersion").WithSummary("Removes a version that is not in use").WithTags("Connectors")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);

    private static async Task<IResult> HandleAsync(
        string name, string version, NpgsqlDataSource database, BundleUse use, RemoveBundles bundles, CancellationToken cancel)
    {
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || name.Contains('\0'))
            throw Errors.UnknownVersion(name, version);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var found = await FindAsync(connection, null, name, number, cancel);
        // Asked before anything is locked. A run that begins in between has its bundle all the same, see RemoveBundles.
        if ((await use.FindAsync([found.Digest], cancel)).Count > 0) throw Errors.VersionInUse(name, number, "a run that has not ended uses it");

        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT FROM connectors WHERE name = @name FOR UPDATE", new { name }, transaction, cancellationToken: cancel));
        await FindAsync(connection, transaction, name, number, cancel);
        await UnusedBundles.RemoveVersionsAsync(transaction, name, [number], cancel);
        await transaction.CommitAsync(cancel);
        bundles.Wake();
        return Results.NoContent();
    }

    /// <exception cref="ProblemException">404, or 409 when it is the current one or being checked.</exception>
    private static async Task<Version> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string name, int number, CancellationToken cancel)
    {
        var found = await connection.QuerySingleOrDefaultAsync<Version>(new CommandDefinition("""
            SELECT v.state, v.number = c.current_version AS current, v.digest
            FROM connector_versions v JOIN connectors c ON c.name = v.connector WHERE v.connector = @name AND v.number = @number
            """, new { name, number }, transaction, cancellationToken: cancel))
            ?? throw Errors.UnknownVersion(name, number.ToString(CultureInfo.InvariantCulture));
        if (found.Current) throw Errors.VersionInUse(name, number, "it is the current one");
        return found.State == "checking" ? throw Errors.VersionInUse(name, number, "it is being checked") : found;
    }
}
