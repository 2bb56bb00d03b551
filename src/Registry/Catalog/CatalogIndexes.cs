using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Registry.Json;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Catalog;

/// <param name="FetchedAt">When the document was read that counts; null: it could never be read.</param>
/// <param name="Error">Of the last try; then the document is the one from before.</param>
internal sealed record CatalogIndex(string Source, DateTime? FetchedAt, CatalogError? Error, CatalogDocument Document);

/// <summary>Why an index could not be read.</summary>
public sealed record CatalogError(string Code, string Message, string? Remedy);

/// <summary>The configured indexes, kept in the database so that they are there when their servers are not; read again when they are old.</summary>
internal sealed class CatalogIndexes(NpgsqlDataSource database, ManifestDownload download, IOptions<CatalogOptions> options, TimeProvider time)
{
    private sealed record Row(string Source, byte[]? Document, DateTime? FetchedAt, DateTime TriedAt, string? Error);

    /// <param name="refresh">Read all of them now, however old they are.</param>
    public async Task<IReadOnlyList<CatalogIndex>> GetAsync(bool refresh, CancellationToken cancel)
    {
        var sources = options.Value.Sources;
        await using var connection = await database.OpenConnectionAsync(cancel);
        var kept = (await connection.QueryAsync<Row>(new CommandDefinition(
            "SELECT source, document, fetched_at, tried_at, error FROM catalog_indexes WHERE source = ANY(@sources)", new { sources }, cancellationToken: cancel)))
            .ToDictionary(row => row.Source);

        var rows = await Task.WhenAll(sources.Select(source =>
        {
            var row = kept.GetValueOrDefault(source);
            return row is null || refresh || IsDue(row) ? FetchAsync(source, row, cancel) : Task.FromResult(row);
        }));
        foreach (var row in rows.Where(row => !kept.TryGetValue(row.Source, out var old) || old != row))
            await connection.ExecuteAsync(new CommandDefinition("""
                INSERT INTO catalog_indexes (source, document, fetched_at, tried_at, error) VALUES (@Source, @Document, @FetchedAt, @TriedAt, @Error::json)
                ON CONFLICT (source) DO UPDATE SET document = excluded.document, fetched_at = excluded.fetched_at, tried_at = excluded.tried_at, error = excluded.error
                WHERE catalog_indexes.tried_at < excluded.tried_at
                """, row, cancellationToken: cancel));
        return [.. rows.Select(Read)];
    }

    private bool IsDue(Row row)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return row.Error is null ? now - row.FetchedAt > options.Value.MaxAge : now - row.TriedAt > options.Value.RetryAfter;
    }

    private async Task<Row> FetchAsync(string source, Row? before, CancellationToken cancel)
    {
        var now = time.GetUtcNow().UtcDateTime;
        try
        {
            var document = source.StartsWith('/') ? await ReadFileAsync(source, cancel) : await download.GetAsync(source, cancel, CatalogDocument.MaxBytes);
            // What can't be read must not push out what could.
            CatalogDocument.Read(source, document);
            return new(source, document.ToArray(), now, now, null);
        }
        catch (ProblemException e)
        {
            var error = new CatalogError(e.Problem.Code, e.Problem.Detail, e.Problem.Remedy);
            return new(source, before?.Document, before?.FetchedAt, now, JsonSerializer.Serialize(error, PlatformJson.Options));
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadFileAsync(string path, CancellationToken cancel)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await LimitedBody.ReadAsync(file, CatalogDocument.MaxBytes, cancel)
                ?? throw Errors.CatalogIndexInvalid(path, $"it has more than {CatalogDocument.MaxBytes} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Errors.CatalogIndexUnreadable(path, e.Message);
        }
    }

    private static CatalogIndex Read(Row row) => new(
        row.Source, row.FetchedAt, row.Error is null ? null : JsonSerializer.Deserialize<CatalogError>(row.Error, PlatformJson.Options),
        row.Document is null ? CatalogDocument.Empty : CatalogDocument.Read(row.Source, row.Document));
}
