using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Catalog;

/// <summary>What can be installed by name, and the state of the indexes that say so.</summary>
public sealed record CatalogView(IReadOnlyList<CatalogEntry> Items, IReadOnlyList<IndexView> Indexes);

/// <param name="Version">What its author calls it; null where the index doesn't say.</param>
/// <param name="Index">Which of the indexes lists it.</param>
/// <param name="InstalledVersion">Number of the version that a connector of this name has now; null: none is installed.</param>
public sealed record CatalogEntry(
    string Name, string? Description, string? Version, string Source, string Uri, string Index, int? InstalledVersion, Manifest Manifest);

/// <param name="FetchedAt">When the document was read that is shown; null: it could never be read.</param>
/// <param name="AgeSeconds">Since then.</param>
/// <param name="Error">Of the last try to read it; the older document is shown then.</param>
/// <param name="Skipped">Entries that can't be used, with their errors.</param>
public sealed record IndexView(
    string Source, DateTime? FetchedAt, long? AgeSeconds, int Connectors, CatalogError? Error, IReadOnlyList<SkippedEntry> Skipped);

/// <summary>GET /v1/catalog.</summary>
internal static class ReadCatalog
{
    private sealed record Installed(string Name, int CurrentVersion);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/catalog", HandleAsync)
            .RequireScope("connectors:read")
            .WithErrors("unknown_catalog_entry")
            .WithName("GetCatalog").WithSummary("Lists the connectors that can be installed by name").WithTags("Connectors")
            .WithDescription("From the index documents that the operator configured; refresh=true reads them anew, else they may be an hour old.")
            .Produces<CatalogView>();

    private static async Task<CatalogView> HandleAsync(
        bool? refresh, CatalogIndexes indexes, NpgsqlDataSource database, TimeProvider time, CancellationToken cancel)
    {
        var all = await indexes.GetAsync(refresh ?? false, cancel);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var installed = (await connection.QueryAsync<Installed>(new CommandDefinition(
            "SELECT name, current_version FROM connectors WHERE current_version > 0", cancellationToken: cancel)))
            .ToDictionary(row => row.Name, row => row.CurrentVersion);

        var items = all.SelectMany(index => index.Document.Connectors.Select(m => new CatalogEntry(
            m.Name, m.Description, m.Version, m.Source, m.Uri, index.Source, installed.TryGetValue(m.Name, out var version) ? version : null, m)));
        return new([.. items.OrderBy(item => item.Name, StringComparer.Ordinal)], [.. all.Select(View)]);

        IndexView View(CatalogIndex index) => new(
            index.Source, index.FetchedAt, index.FetchedAt is { } at ? (long)(time.GetUtcNow().UtcDateTime - at).TotalSeconds : null,
            index.Document.Connectors.Count, index.Error, index.Document.Skipped);
    }

    /// <summary>The manifest that the catalog has under a name: of the first index that lists it, and there the first entry.</summary>
    /// <param name="version">Only one whose author calls it so; null: any.</param>
    public static async Task<Manifest> FindAsync(CatalogIndexes indexes, string name, string? version, CancellationToken cancel)
    {
        var all = await indexes.GetAsync(refresh: false, cancel);
        return all.SelectMany(index => index.Document.Connectors).FirstOrDefault(m => m.Name == name && (version is null || m.Version == version))
            ?? throw Errors.UnknownCatalogEntry(
                name, version, [.. all.Where(index => index.Error is not null).Select(index => index.Source)],
                [.. all.SelectMany(index => index.Document.Connectors).Select(m => m.Name == name ? $"{m.Name}@{m.Version}" : m.Name).Distinct()]);
    }
}
