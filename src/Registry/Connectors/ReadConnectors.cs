using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Versions;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connectors;

/// <summary>A connector and its current version, as a list shows it.</summary>
public sealed record ConnectorSummary(
    string Name, string? Description, string Source, string Uri, int Version, string Digest, string Protocol, DateTime CreatedAt, DateTime InstalledAt);

/// <summary>A connector with its manifest and its versions, the latest first; at most 100.</summary>
public sealed record ConnectorDetail(
    string Name, string? Description, string Source, string Uri, int Version, string Digest, string Protocol, DateTime CreatedAt, DateTime InstalledAt,
    Manifest Manifest, IReadOnlyList<ConnectorVersion> Versions);

/// <summary>GET /v1/connectors and GET /v1/connectors/{name}.</summary>
internal static class ReadConnectors
{
    private const int ShownVersions = 100;

    private const string Select = """
        SELECT c.name, v.manifest, v.number, v.digest, c.created_at, v.installed_at
        FROM connectors c JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
        """;

    private sealed record Row(string Name, string Manifest, int Number, string Digest, DateTime CreatedAt, DateTime InstalledAt)
    {
        public Manifest Read() => JsonSerializer.Deserialize<Manifest>(Manifest, PlatformJson.Options)!;
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/connectors", ListAsync)
            .RequireScope("connectors:read")
            .WithErrors("bad_cursor", "bad_limit", "unknown_connector")
            .WithName("ListConnectors").WithSummary("Lists the installed connectors by name").WithTags("Connectors")
            .Produces<Page<ConnectorSummary>>().ProducesProblem(400);
        routes.MapGet("/v1/connectors/{name}", GetAsync)
            .RequireScope("connectors:read")
            .WithErrors("bad_cursor", "bad_limit", "unknown_connector")
            .WithName("GetConnector").WithSummary("Shows one connector, its manifest and its versions").WithTags("Connectors")
            .Produces<ConnectorDetail>().ProducesProblem(404);
    }

    private static async Task<Page<ConnectorSummary>> ListAsync(int? limit, string? cursor, NpgsqlDataSource database, CancellationToken cancel)
    {
        var size = Limit.Parse(limit);
        var after = Cursor.Decode(cursor, 1)?[0] ?? "";
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            $"{Select} WHERE c.name > @after ORDER BY c.name LIMIT @size + 1", new { after, size }, cancellationToken: cancel))).AsList();
        return new([.. rows.Take(size).Select(Summary)], rows.Count > size ? Cursor.Encode(rows[size - 1].Name) : null);
    }

    private static async Task<ConnectorDetail> GetAsync(string name, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (name.Contains('\0')) throw Errors.UnknownConnector(name);
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(connection, name, cancel);
    }

    /// <exception cref="ProblemException">404 <c>unknown_connector</c>, also for one that has no version yet that could run.</exception>
    public static async Task<ConnectorDetail> ReadAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            $"{Select} WHERE c.name = @name", new { name }, cancellationToken: cancel)) ?? throw Errors.UnknownConnector(name);
        var versions = await connection.QueryAsync<ConnectorVersion>(new CommandDefinition(
            $"{ConnectorVersion.Select} WHERE v.connector = @name ORDER BY v.number DESC LIMIT @ShownVersions", new { name, ShownVersions }, cancellationToken: cancel));
        var (s, manifest) = (Summary(row), row.Read());
        return new(s.Name, s.Description, s.Source, s.Uri, s.Version, s.Digest, s.Protocol, s.CreatedAt, s.InstalledAt, manifest, versions.AsList());
    }

    private static ConnectorSummary Summary(Row row)
    {
        var manifest = row.Read();
        return new(row.Name, manifest.Description, manifest.Source, manifest.Uri, row.Number, row.Digest, manifest.Protocol ?? "c1",
            row.CreatedAt, row.InstalledAt);
    }
}
