using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>PATCH /v1/connections/{name}: other settings, other options; runs that are under way keep what they were started with.</summary>
internal static class UpdateConnection
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch("/v1/connections/{name}", HandleAsync)
            .RequireConnectionScope("connections:write")
            .WithErrors("etag_mismatch", "if_match_required", "invalid_connection", "invalid_options", "options_too_large", "options_unreadable", "unknown_connection")
            .WithExample("""{"options": {"root": "/srv/orders"}, "max_delete_fraction": 0.5}""")
            .WithName("UpdateConnection").WithSummary("Changes a connection's settings and options").WithTags("Connections")
            .WithDescription("""
                A JSON merge patch: what is not given stays, null leads back to the default. If-Match is required. Of a connector that describes itself the options are
                merged too, and a secret that is given as it is shown ("***") stays; of any other they are replaced as a whole.
                """)
            .Accepts<Body>("application/json", "application/merge-patch+json")
            .Produces<ConnectionDetail>()
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(412).ProducesProblem(413).ProducesProblem(422).ProducesProblem(428);

    /// <inheritdoc cref="CreateConnection.Body"/>
    public sealed record Body(
        JsonElement? Options = null, bool? FullListing = null, double? MaxDeleteFraction = null, bool? ChangedEvents = null,
        string[]? Streams = null, int? MaxAttempts = null, int? FirstPageSeconds = null, int? IdleSeconds = null, int? TotalSeconds = null,
        IReadOnlyDictionary<string, string?>? Cursors = null, bool? AlwaysOn = null);

    private static async Task<ConnectionDetail> HandleAsync(
        string name, HttpContext context, NpgsqlDataSource database, OptionsVault vault, CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, CreateConnection.MaxBodyBytes, cancel)
            ?? throw Errors.OptionsTooLarge(ConnectionOptions.MaxBytes);
        using var json = JsonText.Parse(body, "The body");
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidConnection([new("", "wrong_type", "A change is a JSON object.")]);
        if (name.Contains('\0')) throw Errors.UnknownConnection(name);

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var row = await connection.QuerySingleOrDefaultAsync<ConnectionRow>(new CommandDefinition(
            $"SELECT {ConnectionRow.Columns} FROM connections WHERE name = @name FOR UPDATE", new { name }, transaction, cancellationToken: cancel))
            ?? throw Errors.UnknownConnection(name);
        var ifMatch = IfMatch.Of(context.Request);
        if (!ifMatch.IsGiven) throw Errors.IfMatchRequired(name);
        if (!ifMatch.Holds(row.ETag)) throw Errors.ETagMismatch(row.ETag);

        var (specificationJson, protocol, ciphertext) = await ReadConnections.ReadSecretsAsync(connection, transaction, row.Id, cancel);
        var (specification, before) = (ConnectionRow.ReadSpecification(specificationJson), vault.Read(row.Id, row.Name, ciphertext));
        var fields = new JsonFields(json.RootElement, ["options", .. ConnectionSettings.Fields]);
        var settings = row.Settings.Read(fields);
        var options = before;
        if (fields.Has("options"))
        {
            options = ConnectionOptions.Read(fields) is { } given ? ConnectionOptions.Merge(specification, before, given) : "";
            foreach (var error in ConnectionOptions.Check(specification, options)) fields.Add(error);
        }
        foreach (var error in settings.Check(fields, specification, protocol)) fields.Add(error);
        Errors.ThrowInvalid(fields.Errors);

        List<string> changed = [.. options == before ? Array.Empty<string>() : ["options"], .. settings.Differences(row.Settings)];
        if (changed.Count > 0)
        {
            row = await connection.QuerySingleAsync<ConnectionRow>(new CommandDefinition($"""
                UPDATE connections SET ({ConnectionSettings.Columns}) =
                    (@FullListing, @MaxDeleteFraction, @ChangedEvents, @Streams, @MaxAttempts, @FirstPageSeconds, @IdleSeconds, @TotalSeconds, @CursorsJson::jsonb, @AlwaysOn),
                    options_ciphertext = @ciphertext, revision = revision + 1, updated_at = now()
                WHERE id = @Id RETURNING {ConnectionRow.Columns}
                """, new
            {
                row.Id,
                ciphertext = options == before ? ciphertext : vault.Protect(row.Id, ConnectionOptions.ToBytes(options)),
                settings.FullListing,
                settings.MaxDeleteFraction,
                settings.ChangedEvents,
                settings.Streams,
                settings.MaxAttempts,
                settings.FirstPageSeconds,
                settings.IdleSeconds,
                settings.TotalSeconds,
                settings.CursorsJson,
                settings.AlwaysOn,
            }, transaction, cancellationToken: cancel));
            await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectionUpdated, row.Connector, "/registry",
                new ConnectionUpdated(row.Id, row.Name, row.Connector, changed)), cancel);
        }
        await transaction.CommitAsync(cancel);
        context.Response.Headers.ETag = row.ETag;
        return row.Detail(specification, options);
    }
}
