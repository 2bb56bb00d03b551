using System.Globalization;
using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>One version of a connector.</summary>
/// <param name="State">checking, ready or rejected (a Runner could not start it).</param>
/// <param name="Current">Runs that start now take it.</param>
/// <param name="DeclaredVersion">What the manifest calls it; null when it says nothing.</param>
/// <param name="Digest">sha256 of the bundle, 64 hex digits.</param>
/// <param name="SizeBytes">Of the bundle.</param>
/// <param name="SourceDigest">sha256 of the file that an HTTP source gave, or of a Local source's files packed as a bundle; null for VCS, and for old versions.</param>
/// <param name="SourceRevision">The commit of a VCS source; null where the source has none.</param>
public sealed record ConnectorVersion(
    int Version, string State, bool Current, string? DeclaredVersion, string Digest, long SizeBytes, string? SourceDigest, string? SourceRevision,
    Guid InstallId, DateTime InstalledAt)
{
    internal const string Select = """
        SELECT v.number AS version, v.state, v.number = c.current_version AS current, v.manifest->>'version' AS declared_version,
            v.digest, v.size_bytes, v.source_digest, v.source_revision, v.install_id, v.installed_at
        FROM connector_versions v JOIN connectors c ON c.name = v.connector
        """;
}

/// <summary>GET /v1/connectors/{name}/versions, the latest first: also of a connector that has no current one, since all were rejected.</summary>
internal static class ReadVersions
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/connectors/{name}/versions", HandleAsync)
            .RequireScope("connectors:read")
            .WithErrors("bad_cursor", "bad_limit", "unknown_connector")
            .WithName("ListConnectorVersions").WithSummary("Lists the versions of a connector, the latest first").WithTags("Connectors")
            .Produces<Page<ConnectorVersion>>().ProducesProblem(400).ProducesProblem(404);

    private static async Task<Page<ConnectorVersion>> HandleAsync(
        string name, int? limit, string? cursor, NpgsqlDataSource database, CancellationToken cancel)
    {
        var size = Limit.Parse(limit);
        var before = int.TryParse(Cursor.Decode(cursor, 1)?[0], CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
        if (name.Contains('\0')) throw Errors.UnknownConnector(name);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<ConnectorVersion>(new CommandDefinition(
            $"{ConnectorVersion.Select} WHERE v.connector = @name AND v.number < @before ORDER BY v.number DESC LIMIT @size + 1",
            new { name, before, size }, cancellationToken: cancel))).AsList();
        if (rows.Count == 0 && !await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "SELECT EXISTS (SELECT FROM connectors WHERE name = @name)", new { name }, cancellationToken: cancel)))
            throw Errors.UnknownConnector(name);
        return new([.. rows.Take(size)], rows.Count > size ? Cursor.Encode(rows[size - 1].Version.ToString(CultureInfo.InvariantCulture)) : null);
    }
}
