using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Platform.Ingest.Tests;

/// <summary>What the HTTP side has answered.</summary>
internal sealed record Answer(HttpStatusCode Status, string? ETag, JsonElement Body)
{
    public (HttpStatusCode Status, string? Code) Failure => (Status, Body.TryGetProperty("code", out var code) ? code.GetString() : null);

    public IReadOnlyList<JsonElement> Streams => [.. Body.GetProperty("streams").EnumerateArray()];

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode,
        response.Headers.ETag?.ToString(),
        response.StatusCode == HttpStatusCode.NoContent ? default : await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
}
