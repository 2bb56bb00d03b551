using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>POST /v1/connections: a connector, a name, settings, and options that are never given back.</summary>
internal static partial class CreateConnection
{
    /// <summary>Of the options as UTF-8.</summary>
    public const int MaxOptionsBytes = 256 * 1024;

    // In JSON a byte of options takes at most six (\u0000); the rest is for names and braces.
    private const int MaxBodyBytes = 6 * MaxOptionsBytes + 4096;

    public sealed record Request(string Name, string Connector, byte[] Options, bool FullListing, double? MaxDeleteFraction, bool ChangedEvents);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/connections", HandleAsync)
            .RequireScope("connections:write")
            .WithName("CreateConnection").WithSummary("Creates a connection: a connector with options").WithTags("Connections")
            .Accepts<Body>("application/json")
            .Produces<ConnectionView>(StatusCodes.Status201Created)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    /// <param name="Options">A string, or an object or array that is kept as its raw text; at most 256 KiB. Never returned.</param>
    /// <param name="FullListing">Every run of it lists all there is, whether the connector says so or not: what a run did not send is deleted. Default: false.</param>
    /// <param name="MaxDeleteFraction">A run that would so delete a larger part of a stream (of more than 100 objects) deletes nothing until that is confirmed. 0 to 1, default 0.5.</param>
    /// <param name="ChangedEvents">Publish <c>objects.changed</c>. Default: false.</param>
    public sealed record Body(
        string Name, string Connector, string? Options, bool? FullListing = null, double? MaxDeleteFraction = null, bool? ChangedEvents = null);

    private static async Task<IResult> HandleAsync(
        HttpContext context, NpgsqlDataSource database, OptionsVault vault, CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, MaxBodyBytes, cancel)
            ?? throw Errors.OptionsTooLarge(MaxOptionsBytes);
        using var json = JsonText.Parse(body, "The body");
        var request = Read(json.RootElement);

        var id = Guid.CreateVersion7();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Locked, so that it is not deleted meanwhile.
        if (await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
                "SELECT 1 FROM connectors WHERE name = @Connector AND current_version > 0 FOR KEY SHARE", request, transaction, cancellationToken: cancel)) is null)
            throw Errors.UnknownConnector(request.Connector);

        var row = await connection.QuerySingleOrDefaultAsync<ConnectionRow>(new CommandDefinition($"""
            INSERT INTO connections (id, name, connector, options_ciphertext, full_listing, max_delete_fraction, changed_events)
            VALUES (@id, @Name, @Connector, @ciphertext, @FullListing, @MaxDeleteFraction, @ChangedEvents)
            ON CONFLICT (name) DO NOTHING
            RETURNING {ConnectionRow.Columns}
            """, new
        {
            id,
            request.Name,
            request.Connector,
            ciphertext = vault.Protect(id, request.Options),
            request.FullListing,
            request.MaxDeleteFraction,
            request.ChangedEvents,
        }, transaction, cancellationToken: cancel))
            ?? throw Errors.ConnectionExists(request.Name);
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectionCreated, request.Connector, "/registry",
            new ConnectionCreated(id, request.Name, request.Connector)), cancel);
        await transaction.CommitAsync(cancel);

        context.Response.Headers.ETag = row.ETag;
        return Results.Created($"/v1/connections/{request.Name}", row.View);
    }

    /// <summary>Pure: the request, or every error in it at once.</summary>
    public static Request Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidConnection([new("", "wrong_type", "A connection is a JSON object.")]);

        var fields = new JsonFields(json, ["name", "connector", "options", "full_listing", "max_delete_fraction", "changed_events"]);
        var (name, connector) = (fields.Required("name"), fields.Required("connector"));
        if (name != "" && !Name().IsMatch(name))
            fields.Add(new("name", "invalid_name", "A name has 1 to 63 of a-z, 0-9 and '-', and begins with a letter or digit."));
        if (connector.Contains('\0'))
            fields.Add(new("connector", "invalid_character", "The field must not hold a NUL character."));

        var options = fields.Value("options") switch
        {
            null => "",
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            { ValueKind: JsonValueKind.Object or JsonValueKind.Array } value => value.GetRawText(),
            _ => null,
        };
        if (options is null)
            fields.Add(new("options", "wrong_type", "Options are a string, or a JSON object or array."));
        var (fullListing, changedEvents) = (fields.Flag("full_listing") ?? false, fields.Flag("changed_events") ?? false);
        var maxDeleteFraction = fields.Number("max_delete_fraction");
        if (maxDeleteFraction is not (null or (>= 0 and <= 1)))
            fields.Add(new("max_delete_fraction", "out_of_range", "The largest part of a stream that a run may delete is a number from 0 to 1."));
        if (fields.Errors.Count > 0) throw Errors.InvalidConnection(fields.Errors);

        var bytes = Encoding.UTF8.GetBytes(options!);
        return bytes.Length <= MaxOptionsBytes ? new(name, connector, bytes, fullListing, maxDeleteFraction, changedEvents) : throw Errors.OptionsTooLarge(MaxOptionsBytes);
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Name();
}
