using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Lock;

/// <summary>GET /v1/lock.</summary>
internal static class ReadLock
{
    private sealed record Row(string Name, int Version, string Manifest, string? SourceRevision, string? SourceDigest, string Digest)
    {
        // Under its own name: an install may have renamed it.
        public LockedConnector Locked => new(
            Name, Version, JsonSerializer.Deserialize<Manifest>(Manifest, PlatformJson.Options)! with { Name = Name }, SourceRevision, SourceDigest, Digest);
    }

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/lock", HandleAsync)
            .RequireScope("connectors:read")
            .WithName("GetLock").WithSummary("The current version of every connector, pinned").WithTags("Connectors")
            .WithDescription("The same connectors give the same bytes. PUT it on another installation to get the same versions there.")
            .Produces<LockDocument>();

    private static async Task<LockDocument> HandleAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            SELECT c.name, v.number AS version, v.manifest, v.source_revision, v.source_digest, v.digest
            FROM connectors c JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            ORDER BY c.name
            """, cancellationToken: cancel));
        return new(LockDocument.Format, [.. rows.Select(row => row.Locked)]);
    }
}
