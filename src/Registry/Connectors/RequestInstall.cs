using System.Text.Json;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Catalog;
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
            .WithErrors("body_too_large", "invalid_manifest")
            .WithExample("""{"name": "files", "source": "HTTP", "uri": "https://example.org/files-1.2.0.tar.gz", "install_command": "go build -o files .", "command": "./files"}""")
            .WithName("InstallConnector").WithSummary("Installs a connector from its manifest").WithTags("Connectors")
            .WithDescription("""
                The body is a manifest or a connector hub's connector-packaging.json, or {"url": …} to fetch one from, or {"catalog": …} for the name of one in the catalog, with "version" for one that its
                author calls so. An install of an existing name makes a new version.
                """)
            .Accepts<Manifest>("application/json")
            .Produces<InstallView>(StatusCodes.Status202Accepted)
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    private static async Task<IResult> HandleAsync(
        string? name, HttpContext context, NpgsqlDataSource database, ManifestDownload download, CatalogIndexes indexes, InstallSender sender,
        CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, ManifestDownload.MaxBytes, cancel)
            ?? throw Errors.BodyTooLarge(ManifestDownload.MaxBytes);
        var manifest = await ConnectorPackaging.ResolveAsync(await ReadAsync(body, name, download, indexes, cancel), download, cancel);

        await using var connection = await database.OpenConnectionAsync(cancel);
        var row = await BeginInstall.BeginAsync(connection, null, manifest, BeginInstall.Install, null, null, context.Actor(), cancel);
        sender.Wake();
        return Results.Accepted($"/v1/installs/{row.Id}", row.View);
    }

    private static async Task<Manifest> ReadAsync(
        ReadOnlyMemory<byte> body, string? name, ManifestDownload download, CatalogIndexes indexes, CancellationToken cancel)
    {
        using var json = JsonText.Parse(body, "The body");
        if (json.RootElement.ValueKind == JsonValueKind.Object)
        {
            if (json.RootElement.TryGetProperty("url", out _) && json.RootElement.TryGetProperty("catalog", out _))
                throw Errors.InvalidManifest([new("catalog", "conflict", "A body has a url or the catalog's name for a connector, not both.")]);
            if (json.RootElement.TryGetProperty("url", out _)) return await FetchAsync(json.RootElement, name, download, cancel);
            if (json.RootElement.TryGetProperty("catalog", out _)) return await FindAsync(json.RootElement, name, indexes, cancel);
        }
        return ConnectorPackaging.Is(json.RootElement) ? ConnectorPackaging.Read(json.RootElement, name) : ManifestReader.Read(json.RootElement, name);
    }

    private static async Task<Manifest> FetchAsync(JsonElement json, string? name, ManifestDownload download, CancellationToken cancel)
    {
        var fields = new JsonFields(json, ["url", "name"]);
        var (url, ownName) = (fields.Required("url"), fields.Optional("name"));
        if (fields.Errors.Count > 0) throw Errors.InvalidManifest(fields.Errors);

        using var fetched = JsonText.Parse(await download.GetAsync(url, cancel), "The document at the url");
        return ConnectorPackaging.Is(fetched.RootElement)
            ? ConnectorPackaging.Read(fetched.RootElement, name ?? ownName ?? ConnectorPackaging.NameIn(url))
            : ManifestReader.Read(fetched.RootElement, name ?? ownName);
    }

    private static async Task<Manifest> FindAsync(JsonElement json, string? name, CatalogIndexes indexes, CancellationToken cancel)
    {
        var fields = new JsonFields(json, ["catalog", "version", "name"]);
        var (listed, version, ownName) = (fields.Required("catalog"), fields.Optional("version"), fields.Optional("name"));
        if (fields.Errors.Count > 0) throw Errors.InvalidManifest(fields.Errors);

        var manifest = await ReadCatalog.FindAsync(indexes, listed, version, cancel);
        if ((name ?? ownName) is not { } other) return manifest;
        manifest = manifest with { Name = other };
        return ManifestRules.Check(manifest) is { Count: > 0 } errors ? throw Errors.InvalidManifest(errors) : manifest;
    }
}
