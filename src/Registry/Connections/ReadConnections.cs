using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>A connection as a list shows it: without its options.</summary>
/// <inheritdoc cref="ConnectionSettings"/>
public sealed record ConnectionView(
    Guid Id, string Name, string Connector, bool FullListing, double? MaxDeleteFraction, bool ChangedEvents, IReadOnlyList<string> Streams, int? MaxAttempts,
    int? FirstPageSeconds, int? IdleSeconds, int? TotalSeconds, IReadOnlyDictionary<string, string> Cursors, bool AlwaysOn, DateTime CreatedAt, DateTime UpdatedAt);

/// <summary>A connection with its options.</summary>
/// <param name="Version">Changes with every change; in quotes it is the ETag.</param>
/// <param name="Options">With <c>***</c> for secrets; null where the connector does not describe itself: then nobody knows which they are.</param>
/// <param name="OptionsErrors">In what they do not fit the connector's current version, with which no run can start then; mostly empty.</param>
/// <inheritdoc cref="ConnectionView"/>
public sealed record ConnectionDetail(
    Guid Id, string Name, string Connector, string Version, JsonObject? Options, IReadOnlyList<FieldError> OptionsErrors, bool FullListing, double? MaxDeleteFraction,
    bool ChangedEvents, IReadOnlyList<string> Streams, int? MaxAttempts, int? FirstPageSeconds, int? IdleSeconds, int? TotalSeconds,
    IReadOnlyDictionary<string, string> Cursors, bool AlwaysOn, DateTime CreatedAt, DateTime UpdatedAt);

/// <param name="Streams">Strings; Dapper looks for the type that Npgsql names for any array.</param>
/// <param name="Cursors">JSON.</param>
internal sealed record ConnectionRow(
    Guid Id, string Name, string Connector, bool FullListing, double? MaxDeleteFraction, bool ChangedEvents, Array Streams, int? MaxAttempts,
    int? FirstPageSeconds, int? IdleSeconds, int? TotalSeconds, string Cursors, bool AlwaysOn, int Revision, DateTime CreatedAt, DateTime UpdatedAt)
{
    public const string Columns = $"id, name, connector, {ConnectionSettings.Columns}, revision, created_at, updated_at";

    public ConnectionSettings Settings => new(
        FullListing, MaxDeleteFraction, ChangedEvents, (string[])Streams, MaxAttempts, FirstPageSeconds, IdleSeconds, TotalSeconds, ConnectionCursors.FromJson(Cursors), AlwaysOn);

    public ConnectionView View => new(
        Id, Name, Connector, FullListing, MaxDeleteFraction, ChangedEvents, Settings.Streams, MaxAttempts, FirstPageSeconds, IdleSeconds, TotalSeconds, Settings.Cursors,
        AlwaysOn, CreatedAt, UpdatedAt);

    // A name can be given again: the revisions of its next connection are others.
    public string Version => $"{Revision}-{Id.ToString("N")[^8..]}";

    public string ETag => $"\"{Version}\"";

    public ConnectionDetail Detail(ConnectorSpecification? specification, string options) => new(
        Id, Name, Connector, Version, ConnectionOptions.Show(specification, options), specification is null ? [] : ConnectionOptions.Errors(specification, options),
        FullListing, MaxDeleteFraction, ChangedEvents, Settings.Streams, MaxAttempts, FirstPageSeconds, IdleSeconds, TotalSeconds, Settings.Cursors, AlwaysOn, CreatedAt, UpdatedAt);

    public static ConnectorSpecification? ReadSpecification(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<ConnectorSpecification>(json, PlatformJson.Options);
}

/// <summary>GET /v1/connections and GET /v1/connections/{name}.</summary>
internal static class ReadConnections
{
    private sealed record Secrets(string? Specification, string? Protocol, byte[] OptionsCiphertext);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/connections", ListAsync)
            .RequireScopeSomewhere("connections:read")
            .WithName("ListConnections").WithSummary("Lists the connections by name").WithTags("Connections")
            .Produces<Page<ConnectionView>>().ProducesProblem(400);
        routes.MapGet("/v1/connections/{name}", GetAsync)
            .RequireConnectionScope("connections:read")
            .WithName("GetConnection").WithSummary("Shows one connection, its options with secrets masked").WithTags("Connections")
            .Produces<ConnectionDetail>().ProducesProblem(404);
    }

    private static async Task<Page<ConnectionView>> ListAsync(int? limit, string? cursor, HttpContext context, NpgsqlDataSource database, CancellationToken cancel)
    {
        var size = Limit.Parse(limit);
        var after = Cursor.Decode(cursor, 1)?[0] ?? "";
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<ConnectionRow>(new CommandDefinition(
            $"SELECT {ConnectionRow.Columns} FROM connections WHERE name > @after AND (@covered::text[] IS NULL OR name LIKE ANY(@covered)) ORDER BY name LIMIT @size + 1",
            new { after, size, covered = context.Caller().Patterns }, cancellationToken: cancel))).AsList();
        return new([.. rows.Take(size).Select(row => row.View)], rows.Count > size ? Cursor.Encode(rows[size - 1].Name) : null);
    }

    private static async Task<ConnectionDetail> GetAsync(string name, HttpContext context, NpgsqlDataSource database, OptionsVault vault, CancellationToken cancel)
    {
        if (name.Contains('\0')) throw Errors.UnknownConnection(name);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        var row = await connection.QuerySingleOrDefaultAsync<ConnectionRow>(new CommandDefinition(
            $"SELECT {ConnectionRow.Columns} FROM connections WHERE name = @name", new { name }, transaction, cancellationToken: cancel))
            ?? throw Errors.UnknownConnection(name);
        var (specification, _, ciphertext) = await ReadSecretsAsync(connection, transaction, row.Id, cancel);
        context.Response.Headers.ETag = row.ETag;
        // What is never shown need not be opened: a connection can be looked at, and changed, without its keys.
        return specification is null ? row.Detail(null, "") : row.Detail(ConnectionRow.ReadSpecification(specification), vault.Read(row.Id, row.Name, ciphertext));
    }

    /// <summary>What the connector's current version says of itself, the protocol of its manifest, and the options.</summary>
    public static async Task<(string? Specification, string? Protocol, byte[] OptionsCiphertext)> ReadSecretsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancel)
    {
        var found = await connection.QuerySingleAsync<Secrets>(new CommandDefinition("""
            SELECT v.specification, v.manifest->>'protocol' AS protocol, n.options_ciphertext FROM connections n
            LEFT JOIN connectors c ON c.name = n.connector
            LEFT JOIN connector_versions v ON v.connector = c.name AND v.number = c.current_version
            WHERE n.id = @id
            """, new { id }, transaction, cancellationToken: cancel));
        return (found.Specification, found.Protocol, found.OptionsCiphertext);
    }
}
