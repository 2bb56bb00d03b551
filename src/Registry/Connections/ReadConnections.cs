using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>A connection as the API shows it: without its options.</summary>
/// <param name="FullListing">Every run of it lists all there is, whether the connector says so or not.</param>
/// <param name="MaxDeleteFraction">The largest part of a stream that a run deletes without being asked; null: 0.5.</param>
/// <param name="ChangedEvents">Whether <c>objects.changed</c> is published.</param>
public sealed record ConnectionView(
    Guid Id, string Name, string Connector, bool FullListing, double? MaxDeleteFraction, bool ChangedEvents, DateTime CreatedAt, DateTime UpdatedAt);

internal sealed record ConnectionRow(
    Guid Id, string Name, string Connector, bool FullListing, double? MaxDeleteFraction, bool ChangedEvents, int Revision, DateTime CreatedAt, DateTime UpdatedAt)
{
    public const string Columns = "id, name, connector, full_listing, max_delete_fraction, changed_events, revision, created_at, updated_at";

    public ConnectionView View => new(Id, Name, Connector, FullListing, MaxDeleteFraction, ChangedEvents, CreatedAt, UpdatedAt);

    public string ETag => $"\"{Revision}\"";
}

/// <summary>GET /v1/connections and GET /v1/connections/{name}.</summary>
internal static class ReadConnections
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/connections", ListAsync)
            .RequireScope("connections:read")
            .WithName("ListConnections").WithSummary("Lists the connections by name").WithTags("Connections")
            .Produces<Page<ConnectionView>>().ProducesProblem(400);
        routes.MapGet("/v1/connections/{name}", GetAsync)
            .RequireScope("connections:read")
            .WithName("GetConnection").WithSummary("Shows one connection").WithTags("Connections")
            .Produces<ConnectionView>().ProducesProblem(404);
    }

    private static async Task<Page<ConnectionView>> ListAsync(int? limit, string? cursor, NpgsqlDataSource database, CancellationToken cancel)
    {
        var size = Limit.Parse(limit);
        var after = Cursor.Decode(cursor, 1)?[0] ?? "";
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<ConnectionRow>(new CommandDefinition(
            $"SELECT {ConnectionRow.Columns} FROM connections WHERE name > @after ORDER BY name LIMIT @size + 1",
            new { after, size }, cancellationToken: cancel))).AsList();
        return new([.. rows.Take(size).Select(row => row.View)], rows.Count > size ? Cursor.Encode(rows[size - 1].Name) : null);
    }

    private static async Task<ConnectionView> GetAsync(string name, HttpContext context, NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var row = await connection.QuerySingleOrDefaultAsync<ConnectionRow>(new CommandDefinition(
            $"SELECT {ConnectionRow.Columns} FROM connections WHERE name = @name", new { name }, cancellationToken: cancel))
            ?? throw Errors.UnknownConnection(name);
        context.Response.Headers.ETag = row.ETag;
        return row.View;
    }
}
