using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Connectors;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>POST /v1/connectors/{name}/rollback: connections take another version that is ready, from the next run on.</summary>
internal static class RollBack
{
    private const int MaxBodyBytes = 4096;

    private sealed record Version(int Number, string State, string Digest);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/connectors/{name}/rollback", HandleAsync)
            .RequireScope("connectors:install")
            .WithErrors("body_too_large", "invalid_rollback", "no_earlier_version", "unknown_connector", "unknown_version", "version_not_ready")
            .WithExample("""{"version": 2}""")
            .WithName("RollBackConnector").WithSummary("Makes another version the current one").WithTags("Connectors")
            .WithDescription("""
                Without a body: the newest ready version below the current one. {"version": n}: that one, older or newer. Runs that are under way keep theirs.
                Allowed while an install is being checked; when that succeeds, its version becomes the current one as always.
                """)
            .Accepts<Request>(isOptional: true, "application/json")
            .Produces<ConnectorDetail>()
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    /// <param name="Version">The version to take; absent: the newest ready one below the current.</param>
    public sealed record Request(int? Version = null);

    private static async Task<ConnectorDetail> HandleAsync(string name, HttpContext context, NpgsqlDataSource database, CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, MaxBodyBytes, cancel) ?? throw Errors.BodyTooLarge(MaxBodyBytes);
        var wanted = body.IsEmpty ? null : Read(body);

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var current = await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
            "SELECT current_version FROM connectors WHERE name = @name AND current_version > 0 FOR UPDATE",
            new { name }, transaction, cancellationToken: cancel)) ?? throw Errors.UnknownConnector(name);
        var version = await connection.QueryFirstOrDefaultAsync<Version>(new CommandDefinition("""
            SELECT number, state, digest FROM connector_versions
            WHERE connector = @name AND (number = @wanted OR (@wanted::int IS NULL AND number < @current AND state = 'ready'))
            ORDER BY number DESC LIMIT 1
            """, new { name, wanted, current }, transaction, cancellationToken: cancel))
            ?? throw (wanted is { } number ? Errors.UnknownVersion(name, number.ToString()) : Errors.NoEarlierVersion(name, current));
        if (version.State != "ready") throw Errors.VersionNotReady(name, version.Number, version.State);

        if (version.Number != current) await SwitchAsync(transaction, name, current, version.Number, version.Digest, cancel);
        var detail = await ReadConnectors.ReadAsync(connection, name, cancel);
        await transaction.CommitAsync(cancel);
        return detail;
    }

    /// <summary>Makes a ready version the current one, and tells of it. The caller holds the connector's row.</summary>
    public static async Task SwitchAsync(NpgsqlTransaction transaction, string connector, int from, int to, string digest, CancellationToken cancel)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "UPDATE connectors SET current_version = @to WHERE name = @connector", new { to, connector }, transaction, cancellationToken: cancel));
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectorRolledBack, connector, "/registry",
            new ConnectorRolledBack(connector, from, to, digest)), cancel);
    }

    private static int? Read(ReadOnlyMemory<byte> body)
    {
        using var json = JsonText.Parse(body, "The body");
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidRollback([new("", "wrong_type", "The body is a JSON object, or absent.")]);
        var fields = new JsonFields(json.RootElement, ["version"]);
        var version = fields.Integer("version");
        return fields.Errors.Count == 0 ? version : throw Errors.InvalidRollback(fields.Errors);
    }
}
