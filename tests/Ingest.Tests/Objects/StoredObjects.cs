using System.Net.Http.Json;
using System.Text.Json;

namespace Platform.Ingest.Tests.Objects;

/// <summary>Objects as a load leaves them, put into the tables by hand: what is read is no business of how it got there.</summary>
internal static class StoredObjects
{
    /// <summary>Inserts objects with the metadata <c>{}</c>, or writes them anew.</summary>
    public static Task StoreAsync(this IngestHost host, TestRun run, string stream, params IEnumerable<string> remoteIds) =>
        host.StoreAsync(run, remoteIds.Select(id => new Stored(id, Stream: stream)));

    public static async Task StoreAsync(this IngestHost host, TestRun run, params IEnumerable<Stored> objects)
    {
        var rows = objects.ToArray();
        await host.StoreConnectionAsync(run);
        await host.ExecuteAsync(
            """
            WITH last AS (SELECT connection_id, change_seq, last_ordinal FROM connections WHERE connection_id = $1 FOR UPDATE),
            numbered AS (UPDATE connections c SET change_seq = l.change_seq + cardinality($2), last_ordinal = l.last_ordinal + cardinality($2) FROM last l WHERE c.connection_id = l.connection_id)
            INSERT INTO objects (connection_id, stream, remote_id, resource_name, uri, metadata, hash, ordinal, is_json, change_seq, deleted_at)
            SELECT l.connection_id, stream, remote_id, resource_name, uri, metadata, decode(md5(metadata), 'hex'), l.last_ordinal + n, is_json, l.change_seq + n,
                   CASE WHEN deleted THEN now() END
            FROM last l, unnest($2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY AS r (stream, remote_id, resource_name, uri, metadata, is_json, deleted, n)
            ON CONFLICT (connection_id, stream, remote_id) DO UPDATE
            SET metadata = excluded.metadata, is_json = excluded.is_json, change_seq = excluded.change_seq, deleted_at = excluded.deleted_at, updated_at = now()
            """,
            run.ConnectionId,
            rows.Select(r => r.Stream).ToArray(), rows.Select(r => r.RemoteId).ToArray(), rows.Select(r => r.ResourceName).ToArray(), rows.Select(r => r.Uri).ToArray(),
            rows.Select(r => r.Metadata).ToArray(), rows.Select(r => r.IsJson).ToArray(), rows.Select(r => r.Deleted).ToArray());
    }

    public static Task StoreConnectionAsync(this IngestHost host, TestRun run, string connector = "files") =>
        host.ExecuteAsync("INSERT INTO connections (connection_id, name, connector) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", run.ConnectionId, run.Connection, connector);

    public static async Task<(List<JsonElement> Items, string? Next)> ListAsync(this IngestHost host, string query)
    {
        using var response = await host.Http.GetAsync("/v1/objects" + query, TestContext.Current.CancellationToken);
        var page = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, page.ToString());
        return ([.. page.GetProperty("items").EnumerateArray()], page.GetProperty("next").GetString());
    }

    public static async Task<IEnumerable<string?>> IdsAsync(this IngestHost host, string query) => Ids((await host.ListAsync(query)).Items);

    public static IEnumerable<string?> Ids(IEnumerable<JsonElement> items) => items.Select(i => i.GetProperty("remote_id").GetString());

    /// <returns>Status, code, and field with code of every single error.</returns>
    public static async Task<(int Status, string? Code, string Errors)> ProblemAsync(this IngestHost host, string path)
    {
        using var response = await host.Http.GetAsync(path, TestContext.Current.CancellationToken);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        var errors = problem.TryGetProperty("errors", out var list) ? list.EnumerateArray().Select(e => $"{e.GetProperty("field")} {e.GetProperty("code")}") : [];
        return ((int)response.StatusCode, problem.GetProperty("code").GetString(), string.Join(", ", errors));
    }
}

internal sealed record Stored(
    string RemoteId, string Metadata = "{}", string Stream = "", string ResourceName = "file", string Uri = "", bool IsJson = true, bool Deleted = false);
