using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>GET /v1/installs and GET /v1/installs/{id}.</summary>
internal static class ReadInstalls
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/installs", ListAsync)
            .RequireScope("connectors:read")
            .WithErrors("bad_cursor", "bad_limit", "unknown_install")
            .WithName("ListInstalls").WithSummary("Lists installs, the latest first").WithTags("Installs")
            .Produces<Page<InstallView>>().ProducesProblem(400);
        routes.MapGet("/v1/installs/{id}", GetAsync)
            .RequireScope("connectors:read")
            .WithErrors("bad_cursor", "bad_limit", "unknown_install")
            .WithName("GetInstall").WithSummary("Shows one install").WithTags("Installs")
            .Produces<InstallView>().ProducesProblem(404);
    }

    private static async Task<Page<InstallView>> ListAsync(
        string? connector, int? limit, string? cursor, NpgsqlDataSource database, CancellationToken cancel)
    {
        var size = Limit.Parse(limit);
        // The ids are in the order of their making.
        var before = Guid.TryParse(Cursor.Decode(cursor, 1)?[0], out var id) ? id : Guid.AllBitsSet;
        if (connector?.Contains('\0') == true) return new([], null);

        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<InstallRow>(new CommandDefinition($"""
            SELECT {InstallRow.Columns} FROM installs
            WHERE id < @before AND (@connector::text IS NULL OR connector = @connector)
            ORDER BY id DESC LIMIT @size + 1
            """, new { before, connector, size }, cancellationToken: cancel))).AsList();
        return new([.. rows.Take(size).Select(row => row.View)], rows.Count > size ? Cursor.Encode(rows[size - 1].Id.ToString()) : null);
    }

    private static async Task<InstallView> GetAsync(string id, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (!Guid.TryParse(id, out var key)) throw Errors.UnknownInstall(id);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var row = await connection.QuerySingleOrDefaultAsync<InstallRow>(new CommandDefinition(
            $"SELECT {InstallRow.Columns} FROM installs WHERE id = @key", new { key }, cancellationToken: cancel));
        return row?.View ?? throw Errors.UnknownInstall(id);
    }
}
