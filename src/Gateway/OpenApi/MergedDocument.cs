using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Platform.Gateway.OpenApi;

/// <summary>
/// One OpenAPI 3.1 document of all services, this one included. A service that is down is named in the description: half a document is better than none.
/// </summary>
internal sealed class MergedDocument(
    IHttpClientFactory clients, TimeProvider time, [FromKeyedServices(MergedDocument.Own)] IOpenApiDocumentProvider own)
{
    /// <summary>The path needs no token, so callers must not be able to make the services work for each request.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    // The name that AddOpenApi gives where none is chosen.
    private const string Own = "v1";

    private readonly SemaphoreSlim making = new(1, 1);
    private (string Json, long Timestamp)? kept;

    public async Task<IResult> GetAsync(CancellationToken cancel)
    {
        await making.WaitAsync(cancel);
        try
        {
            if (kept is not { } document || time.GetElapsedTime(document.Timestamp) > KeptFor)
                kept = document = (await MakeAsync(cancel), time.GetTimestamp());
            return Results.Text(document.Json, "application/json");
        }
        finally
        {
            making.Release();
        }
    }

    private async Task<string> MakeAsync(CancellationToken cancel)
    {
        var documents = await Task.WhenAll(Routing.Routes.Services.Select(async service => (service, document: await FetchAsync(service, cancel))));
        var merge = new DocumentMerge();
        var document = await own.GetOpenApiDocumentAsync(cancel);
        merge.Add("gateway", JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancel)) as JsonObject);
        foreach (var (service, fetched) in documents) merge.Add(service, fetched);
        return merge.ToJson();
    }

    private async Task<JsonObject?> FetchAsync(string service, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerWithin);
        try
        {
            using var client = clients.CreateClient(service);
            await using var stream = await client.GetStreamAsync("/openapi/v1.json", deadline.Token);
            return await JsonNode.ParseAsync(stream, cancellationToken: deadline.Token) as JsonObject;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
