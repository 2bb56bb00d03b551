using System.Text.Json;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Installs;
using Platform.Registry.Json;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connectors;

/// <summary>POST /v1/connectors: takes a manifest, or where to fetch it, and begins an install.</summary>
internal static class RequestInstall
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/connectors", HandleAsync)
            .RequireScope("connectors:install")
            .WithName("InstallConnector").WithSummary("Installs a connector from its manifest").WithTags("Connectors")
            .WithDescription("The body is a manifest, or {\"url\": …} to fetch one from. An install of an existing name makes a new version.")
            .Accepts<Manifest>("application/json")
            .Produces<InstallView>(StatusCodes.Status202Accepted)
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    private static async Task<IResult> HandleAsync(
        string? name, HttpContext context, NpgsqlDataSource database, ManifestDownload download, InstallSender sender, CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, ManifestDownload.MaxBytes, cancel)
            ?? throw Errors.BodyTooLarge(ManifestDownload.MaxBytes);
        var manifest = await ReadAsync(body, name, download, cancel);

        await using var connection = await database.OpenConnectionAsync(cancel);
        var row = await BeginInstall.BeginAsync(connection, null, manifest, BeginInstall.Install, null, null, context.Actor(), cancel);
        sender.Wake();
        return Results.Accepted($"/v1/installs/{row.Id}", row.View);
    }

    private static async Task<Manifest> ReadAsync(ReadOnlyMemory<byte> body, string? name, ManifestDownload download, CancellationToken cancel)
    {
        using var json = JsonText.Parse(body, "The body");
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("url", out _))
            return ManifestReader.Read(json.RootElement, name);

        var fields = new JsonFields(json.RootElement, ["url", "name"]);
        var (url, ownName) = (fields.Required("url"), fields.Optional("name"));
        if (fields.Errors.Count > 0) throw Errors.InvalidManifest(fields.Errors);

        using var fetched = JsonText.Parse(await download.GetAsync(url, cancel), "The document at the url");
        return ManifestReader.Read(fetched.RootElement, name ?? ownName);
    }
}
