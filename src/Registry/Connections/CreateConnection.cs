using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>POST /v1/connections: a connector, a name, settings, and options of which no secret is ever given back.</summary>
internal static partial class CreateConnection
{
    // In JSON a byte of options takes at most six (\u0000); the rest is for names and braces.
    public const int MaxBodyBytes = 6 * ConnectionOptions.MaxBytes + 4096;

    private sealed record Connector(string? Specification, string? Protocol);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/connections", HandleAsync)
            .RequireScopeSomewhere("connections:write")
            .WithErrors("connection_exists", "invalid_connection", "invalid_options", "options_too_large", "unknown_connector")
            .WithExample("""{"name": "orders", "connector": "files", "options": {"root": "/srv/orders"}, "full_listing": true}""")
            .WithName("CreateConnection").WithSummary("Creates a connection: a connector with options").WithTags("Connections")
            .Accepts<Body>("application/json")
            .Produces<ConnectionDetail>(StatusCodes.Status201Created)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    /// <param name="Options">
    /// A string, or an object or array that is kept as its raw text; at most 256 KiB. Of a connector that describes itself: an object, which its parameters have
    /// to allow (422 <c>invalid_options</c>).
    /// </param>
    /// <inheritdoc cref="ConnectionSettings"/>
    public sealed record Body(
        string Name, string Connector, JsonElement? Options = null, bool? FullListing = null, double? MaxDeleteFraction = null, bool? ChangedEvents = null,
        string[]? Streams = null, int? MaxAttempts = null, int? FirstPageSeconds = null, int? IdleSeconds = null, int? TotalSeconds = null,
        IReadOnlyDictionary<string, string>? Cursors = null, bool? AlwaysOn = null);

    private static async Task<IResult> HandleAsync(
        HttpContext context, NpgsqlDataSource database, OptionsVault vault, CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, MaxBodyBytes, cancel)
            ?? throw Errors.OptionsTooLarge(ConnectionOptions.MaxBytes);
        using var json = JsonText.Parse(body, "The body");
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidConnection([new("", "wrong_type", "A connection is a JSON object.")]);
        var fields = new JsonFields(json.RootElement, ["name", "connector", "options", .. ConnectionSettings.Fields]);
        var (name, connectorName) = ReadNames(fields);
        if (name != "") context.Caller().Require(name);
        var options = ConnectionOptions.Read(fields) ?? "";
        var settings = ConnectionSettings.Default.Read(fields);

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Locked, so that it is not deleted meanwhile. What can be no name is looked for in vain.
        var connector = await connection.QuerySingleOrDefaultAsync<Connector>(new CommandDefinition("""
            SELECT v.specification, v.manifest->>'protocol' AS protocol FROM connectors c JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            WHERE c.name = @connectorName FOR KEY SHARE OF c
            """, new { connectorName = connectorName.Replace("\0", "") }, transaction, cancellationToken: cancel));
        var specification = ConnectionRow.ReadSpecification(connector?.Specification);
        if (fields.Errors.All(error => error.Field != "options"))
            foreach (var error in ConnectionOptions.Check(specification, options)) fields.Add(error);
        if (connector is not null)
            foreach (var error in settings.Check(fields, specification, connector.Protocol)) fields.Add(error);
        Errors.ThrowInvalid(fields.Errors);
        if (connector is null) throw Errors.UnknownConnector(connectorName);

        var id = Guid.CreateVersion7();
        var row = await connection.QuerySingleOrDefaultAsync<ConnectionRow>(new CommandDefinition($"""
            INSERT INTO connections (id, name, connector, options_ciphertext, {ConnectionSettings.Columns})
            VALUES (@id, @name, @connectorName, @ciphertext,
                @FullListing, @MaxDeleteFraction, @ChangedEvents, @Streams, @MaxAttempts, @FirstPageSeconds, @IdleSeconds, @TotalSeconds, @CursorsJson::jsonb, @AlwaysOn)
            ON CONFLICT (name) DO NOTHING
            RETURNING {ConnectionRow.Columns}
            """, new
        {
            id,
            name,
            connectorName,
            ciphertext = vault.Protect(id, ConnectionOptions.ToBytes(options)),
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
        }, transaction, cancellationToken: cancel))
            ?? throw Errors.ConnectionExists(name);
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectionCreated, connectorName, "/registry",
            new ConnectionCreated(id, name, connectorName)), cancel);
        await transaction.CommitAsync(cancel);

        context.Response.Headers.ETag = row.ETag;
        return Results.Created($"/v1/connections/{name}", row.Detail(specification, options));
    }

    private static (string Name, string Connector) ReadNames(JsonFields fields)
    {
        var (name, connector) = (fields.Required("name"), fields.Required("connector"));
        if (name != "" && !Name().IsMatch(name))
            fields.Add(new("name", "invalid_name", "A name has 1 to 63 of a-z, 0-9 and '-', and begins with a letter or digit."));
        if (connector.Contains('\0'))
            fields.Add(new("connector", "invalid_character", "The field must not hold a NUL character."));
        return (name, connector);
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Name();
}
