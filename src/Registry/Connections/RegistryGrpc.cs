using System.Text.Json;
using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Connectors;
using Platform.Registry.V1;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>What the other services ask Registry, see protos/registry.proto.</summary>
internal sealed partial class RegistryGrpc(NpgsqlDataSource database, OptionsVault vault, ILogger<RegistryGrpc> logger) : V1.Registry.RegistryBase
{
    private sealed record Identity(Guid Id, string Name, string Connector, bool ActionsOnly);

    private sealed record AlwaysOnRow(Guid Id, int Revision, int CurrentVersion);

    private sealed record Prepared(byte[] OptionsCiphertext, int? Number, string? Digest, string? Manifest, string? Specification);

    public override async Task<Connection> ResolveConnection(ResolveConnectionRequest request, ServerCallContext context)
    {
        var (asked, cancel) = (request.HasId ? request.Id : request.Name, context.CancellationToken);
        var isId = Guid.TryParse(request.Id, out var id);
        if ((request.HasId && !isId) || asked.Contains('\0')) throw Errors.UnknownConnection(asked);

        await using var connection = await database.OpenConnectionAsync(cancel);
        var found = await connection.QuerySingleOrDefaultAsync<Identity>(new CommandDefinition($"""
            SELECT n.id, n.name, n.connector, coalesce(v.specification->>'can_sync' = 'false', false) AS actions_only
            FROM connections n
            LEFT JOIN connectors c ON c.name = n.connector
            LEFT JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            WHERE {(isId ? "n.id = @id" : "n.name = @asked")}
            """, new { id, asked }, cancellationToken: cancel))
            ?? throw Errors.UnknownConnection(asked);
        return new() { Id = found.Id.ToString(), Name = found.Name, Connector = found.Connector, ActionsOnly = found.ActionsOnly };
    }

    public override async Task<RunSpecification> PrepareRun(PrepareRunRequest request, ServerCallContext context)
    {
        var (asked, cancel) = (request.HasConnectionName ? request.ConnectionName : request.ConnectionId, context.CancellationToken);
        var isId = Guid.TryParse(request.ConnectionId, out var id);
        if ((!request.HasConnectionName && !isId) || asked.Contains('\0')) throw Errors.UnknownConnection(asked);

        await using var connection = await database.OpenConnectionAsync(cancel);
        // One statement: what it is told of goes together.
        var (row, found) = (await connection.QueryAsync<ConnectionRow, Prepared, (ConnectionRow, Prepared)>(new CommandDefinition($"""
            SELECT n.*, v.number, v.digest, v.manifest, v.specification
            FROM (SELECT {ConnectionRow.Columns}, options_ciphertext FROM connections WHERE {(isId ? "id = @id" : "name = @asked")}) n
            LEFT JOIN connectors c ON c.name = n.connector
            LEFT JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            """, new { id, asked }, cancellationToken: cancel), (row, found) => (row, found), splitOn: "options_ciphertext")).SingleOrDefault();
        if (row is null) throw Errors.UnknownConnection(asked);
        if (found.Manifest is null) throw Errors.ConnectorNotInstalled(row.Connector);

        var manifest = JsonSerializer.Deserialize<Manifest>(found.Manifest, PlatformJson.Options)!;
        var specification = new RunSpecification
        {
            Connection = new() { Id = row.Id.ToString(), Name = row.Name, Connector = row.Connector },
            Version = found.Number!.Value,
            Start = ConnectorStarts.Of(found.Digest!, manifest),
            Options = ByteString.CopyFromUtf8(vault.Read(row.Id, row.Name, found.OptionsCiphertext)),
            Specification = found.Specification is { } said ? ByteString.CopyFromUtf8(said) : ByteString.Empty,
        };
        row.Settings.Tell(specification);
        LogGiven(logger, row.Id, request.RunId);
        return specification;
    }

    public override async Task<ListAlwaysOnReply> ListAlwaysOn(ListAlwaysOnRequest request, ServerCallContext context)
    {
        await using var connection = await database.OpenConnectionAsync(context.CancellationToken);
        var found = await connection.QueryAsync<AlwaysOnRow>(new CommandDefinition("""
            SELECT n.id, n.revision, c.current_version FROM connections n
            JOIN connectors c ON c.name = n.connector
            JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            WHERE n.always_on AND v.manifest->>'protocol' = @protocol ORDER BY n.id
            """, new { protocol = Manifest.PackageProtocol }, cancellationToken: context.CancellationToken));
        return new() { Connections = { found.Select(row => new AlwaysOnConnection { Id = row.Id.ToString(), State = $"{row.Revision}-{row.CurrentVersion}" }) } };
    }

    [LoggerMessage(1, LogLevel.Information, "The options of connection {Connection} were given for run {Run}")]
    private static partial void LogGiven(ILogger logger, Guid connection, string run);
}
