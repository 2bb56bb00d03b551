using System.Globalization;
using Dapper;
using Npgsql;
using Platform.Registry.Connections;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connectors;

/// <summary>What a version of a connector says of itself.</summary>
/// <param name="Protocol">That was agreed on when the version was checked, such as <c>platform</c> or <c>c1</c>; null: not known, of versions of long ago.</param>
/// <param name="Specification">Null: it says nothing. Then its options are its own affair, and it has no actions.</param>
public sealed record SpecificationView(string Connector, int Version, string? Protocol, ConnectorSpecification? Specification);

/// <summary>GET /v1/connectors/{name}/specification, of the current version, and GET /v1/connectors/{name}/versions/{version}/specification.</summary>
internal static class ReadSpecification
{
    private sealed record Row(int Number, string? AgreedProtocol, string? Specification);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/connectors/{name}/specification", (string name, NpgsqlDataSource database, CancellationToken cancel) => ReadAsync(name, null, database, cancel))
            .RequireScope("connectors:read")
            .WithErrors("unknown_connector", "unknown_version")
            .WithName("GetSpecification").WithSummary("Shows what a connector takes, brings and can do").WithTags("Connectors")
            .Produces<SpecificationView>().ProducesProblem(404);
        routes.MapGet("/v1/connectors/{name}/versions/{version}/specification", ReadAsync)
            .RequireScope("connectors:read")
            .WithErrors("unknown_connector", "unknown_version")
            .WithName("GetVersionSpecification").WithSummary("Shows what one version of a connector takes, brings and can do").WithTags("Connectors")
            .Produces<SpecificationView>().ProducesProblem(404);
    }

    private static async Task<SpecificationView> ReadAsync(string name, string? version, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (name.Contains('\0')) throw Errors.UnknownConnector(name);
        int? wanted = null;
        if (version is not null)
            wanted = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Errors.UnknownVersion(name, version);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            SELECT v.number, v.agreed_protocol, v.specification
            FROM connectors c JOIN connector_versions v ON v.connector = c.name AND v.number = coalesce(@wanted, c.current_version)
            WHERE c.name = @name
            """, new { name, wanted }, cancellationToken: cancel))
            ?? throw (version is null ? Errors.UnknownConnector(name) : Errors.UnknownVersion(name, version));
        return new(name, row.Number, row.AgreedProtocol, ConnectionRow.ReadSpecification(row.Specification));
    }
}
