using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Services;

/// <summary>
/// Calls of the console to the services, as the signed-in token: each service hears its name and scopes as with a request that the gateway passes on, and decides itself what it may.
/// </summary>
internal sealed class ServiceCalls(IHttpClientFactory clients, ConsoleAudit audit, IHttpContextAccessor current)
{
    public const string Registry = "registry", Runner = "runner", Ingest = "ingest";

    /// <exception cref="ProblemException">What the service answers, or that it is away.</exception>
    public Task<T> GetAsync<T>(string service, string path, CancellationToken cancel) => SendAsync<T>(HttpMethod.Get, service, path, null, cancel);

    /// <param name="key">Under which the same request leads to the same answer; null: none.</param>
    /// <inheritdoc cref="GetAsync"/>
    public Task<T> PostAsync<T>(string service, string path, object? body, CancellationToken cancel, string? key = null) =>
        SendAsync<T>(HttpMethod.Post, service, path, Json(body), cancel, string.IsNullOrEmpty(key) ? null : ("Idempotency-Key", key));

    /// <param name="match">The ETag that the thing must have; null: whatever it is.</param>
    /// <inheritdoc cref="GetAsync"/>
    public Task<T> PatchAsync<T>(string service, string path, object body, string? match, CancellationToken cancel) =>
        SendAsync<T>(HttpMethod.Patch, service, path, Json(body), cancel, ("If-Match", match ?? "*"));

    /// <inheritdoc cref="GetAsync"/>
    public async Task DeleteAsync(string service, string path, CancellationToken cancel)
    {
        using var response = await SendAsync(HttpMethod.Delete, service, path, null, null, cancel);
    }

    /// <inheritdoc cref="GetAsync"/>
    public async Task<T> SendAsync<T>(HttpMethod method, string service, string path, HttpContent? content, CancellationToken cancel, (string Name, string Value)? header = null)
    {
        using var response = await SendAsync(method, service, path, content, header, cancel);
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(PlatformJson.Options, cancel) ?? throw new JsonException("The answer is null.");
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            throw Errors.ServiceUnavailable(service, StatusCodes.Status502BadGateway, "sent an answer that can't be read");
        }
    }

    /// <summary>A path with the parameters that have a value.</summary>
    public static string Query(string path, params (string Name, string? Value)[] parameters) =>
        path + QueryString.Create(parameters.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => new KeyValuePair<string, string?>(p.Name, p.Value)));

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string service, string path, HttpContent? content, (string Name, string Value)? header, CancellationToken cancel)
    {
        using var client = clients.CreateClient(service);
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var token = (current.HttpContext ?? throw new InvalidOperationException("The console calls services within requests only.")).Features.GetRequiredFeature<ApiToken>();
        request.Headers.TryAddWithoutValidation(Scopes.ActorHeader, token.Name);
        request.Headers.TryAddWithoutValidation(Scopes.Header, string.Join(' ', token.Scopes));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (header is { } more) request.Headers.TryAddWithoutValidation(more.Name, more.Value);
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request, cancel);
        }
        catch (HttpRequestException)
        {
            throw Errors.ServiceUnavailable(service, StatusCodes.Status503ServiceUnavailable, "can't be reached");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Errors.ServiceUnavailable(service, StatusCodes.Status504GatewayTimeout, "did not answer in time");
        }

        if (method != HttpMethod.Get) await audit.NoteAsync(method, path, (int)response.StatusCode);
        if (response.IsSuccessStatusCode) return response;
        using (response)
            throw ProblemException.FromBody(await response.Content.ReadAsByteArrayAsync(cancel))
                ?? Errors.ServiceUnavailable(service, StatusCodes.Status502BadGateway, $"answered {(int)response.StatusCode}");
    }

    private static JsonContent? Json(object? body) => body is null ? null : JsonContent.Create(body, options: PlatformJson.Options);
}
