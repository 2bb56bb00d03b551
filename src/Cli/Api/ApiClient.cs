using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using Platform.Cli.Local;

namespace Platform.Cli.Api;

/// <summary>The gateway, over plain HTTP. Every answer that is not a success becomes an <see cref="ApiException"/>.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(100);
    /// <summary>Characters. As curl does it.</summary>
    private const int LargeBody = 1024 * 1024;

    private static readonly string Check = $"Check PLATFORM_URL, or the address in {Settings.LoginPath} or {Settings.Path}: platform doctor says which counts.";
    private readonly HttpClient http;

    public ApiClient(Settings settings)
    {
        if (!Uri.TryCreate(settings.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new CliException(ExitCode.Usage, "bad_url", $"'{settings.Url}' is not an http(s) address.", Check);
        if (settings.Token is { } text && !Settings.IsToken(text)) throw BadToken();

        // Event streams may stay open for hours; single answers get their own deadline below.
        http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (settings.Token is { } token) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Of a token that no request can carry.</summary>
    public static CliException BadToken() => new(
        ExitCode.NotAuthenticated, "bad_token", "The token has characters that no token has, such as a space or a line break.",
        "Set PLATFORM_TOKEN to the token alone, as tokens create prints it, or unset it; one that was kept is replaced by platform login.");

    public string Url => http.BaseAddress!.ToString().TrimEnd('/');

    public Task<JsonElement> GetAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, cancel);

    /// <param name="within">For an answer that takes its time; null: as any other.</param>
    /// <param name="key">The Idempotency-Key: the same request again does it once.</param>
    public Task<JsonElement> PostAsync(string path, object? body, CancellationToken cancel, TimeSpan? within = null, string? key = null) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : JsonSerializer.Serialize(body, ApiJson.Options), cancel, within, key: key);

    /// <param name="ifMatch">The ETag of what is to be changed, with its quotes; null: whatever is there.</param>
    public Task<JsonElement> PutAsync(string path, object body, string? ifMatch, CancellationToken cancel) =>
        SendAsync(HttpMethod.Put, path, JsonSerializer.Serialize(body, ApiJson.Options), cancel, ifMatch: ifMatch);

    /// <param name="ifMatch">The ETag of what is to be changed, with its quotes; <c>*</c>: whatever is there.</param>
    public Task<JsonElement> PatchAsync(string path, object body, string ifMatch, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, path, JsonSerializer.Serialize(body, ApiJson.Options), cancel, ifMatch: ifMatch);

    /// <returns>Undefined when the answer has no body.</returns>
    public Task<JsonElement> DeleteAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Delete, path, null, cancel);

    /// <summary>Posts text as it stands, so that the API's complaint about its position fits the user's file.</summary>
    public Task<JsonElement> PostTextAsync(string path, string json, CancellationToken cancel, TimeSpan? within = null) =>
        SendAsync(HttpMethod.Post, path, json, cancel, within);

    public Task<JsonElement> PutTextAsync(string path, string json, CancellationToken cancel) => SendAsync(HttpMethod.Put, path, json, cancel);

    /// <summary>Every item of a paged list, one page in memory.</summary>
    public async IAsyncEnumerable<JsonElement> ListAsync(string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? next = null;
        do
        {
            var page = (await GetAsync(next is null ? path : $"{path}{(path.Contains('?') ? '&' : '?')}cursor={Uri.EscapeDataString(next)}", cancel)).To<Page>();
            foreach (var item in page.Items) yield return item;
            next = page.Next;
        }
        while (next is not null);
    }

    /// <summary>Events as they come; ends when the server ends the stream or the connection breaks.</summary>
    /// <param name="last">The id of the last event that was seen: the stream begins behind it.</param>
    /// <param name="onOpen">Called when the server has begun to answer.</param>
    /// <param name="onPlace">Called at the end with the id to go on from, which silence may have moved too.</param>
    public async IAsyncEnumerable<SseItem<string>> EventsAsync(
        string path, [EnumeratorCancellation] CancellationToken cancel, string? last = null, Action? onOpen = null, Action<string>? onPlace = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        using var response = await ReachAsync(() => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel));
        if (!response.IsSuccessStatusCode) throw await ProblemAsync(response, cancel);

        onOpen?.Invoke();
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var parser = SseParser.Create(stream);
        await using var events = parser.EnumerateAsync(cancel).GetAsyncEnumerator(cancel);
        try
        {
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync()) yield break;
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    yield break;
                }

                yield return events.Current;
            }
        }
        finally
        {
            if (parser.LastEventId.Length > 0) onPlace?.Invoke(parser.LastEventId);
        }
    }

    /// <summary>An answer of any length and duration, as a stream.</summary>
    public async Task DownloadAsync(string path, Func<Stream, Task> read, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await ReachAsync(() => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel));
        if (!response.IsSuccessStatusCode) throw await ProblemAsync(response, cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        await read(stream);
    }

    /// <returns>The time of whoever answers there; null: it does not say.</returns>
    public async Task<DateTimeOffset?> DateAsync(string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await ReachAsync(() => http.SendAsync(request, cancel));
        return response.IsSuccessStatusCode ? response.Headers.Date : throw await ProblemAsync(response, cancel);
    }

    public async Task<bool> IsHealthyAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var response = await http.GetAsync("/health", deadline.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancel, TimeSpan? within = null, string? ifMatch = null, string? key = null)
    {
        var limit = within ?? AnswerWithin;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(limit);
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.ParseAdd("application/json");
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        // Refused before it is sent: a gateway that hangs up in the middle of it could not say why.
        request.Headers.ExpectContinue = json?.Length > LargeBody;
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        try
        {
            using var response = await ReachAsync(() => http.SendAsync(request, deadline.Token));
            if (!response.IsSuccessStatusCode) throw await ProblemAsync(response, deadline.Token);
            if (response.StatusCode == HttpStatusCode.NoContent) return default;
            await using var body = await response.Content.ReadAsStreamAsync(deadline.Token);
            return (await JsonSerializer.DeserializeAsync<JsonElement>(body, ApiJson.Options, deadline.Token)).Clone();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CliException(ExitCode.NotReachable, "no_answer", $"{Url} did not answer within {limit.TotalSeconds:0} s.", "See the platform's log: apphost.log in its data folder.");
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.NotReachable, "bad_answer", $"{Url}{path} did not answer JSON: is this the platform's gateway?", Check);
        }
    }

    private async Task<HttpResponseMessage> ReachAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException tls)
        {
            throw new CliException(
                ExitCode.NotReachable, "tls_failed", $"{Url} can't be trusted: {(tls.InnerException ?? tls).Message}",
                "Check the address. An authority of your own belongs to the machine's trusted certificates (SSL_CERT_FILE, or update-ca-certificates).");
        }
        catch (HttpRequestException e)
        {
            throw new CliException(
                ExitCode.NotReachable, "not_reachable", $"{Url} is not reachable: {e.InnerException?.Message ?? e.Message}",
                http.BaseAddress!.IsLoopback ? GoneGateway.Remedy(Url) ?? $"Start it with ./platform up (if it runs already: ./platform down first), or choose another: platform login. {Check}" : Check);
        }
    }

    private static async Task<Exception> ProblemAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var wait = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - DateTimeOffset.UtcNow : null;
        var problem = await ReadProblemAsync(response, cancel);
        return new ApiException((int)response.StatusCode, problem, wait is { } left && left > TimeSpan.Zero ? left : null);
    }

    /// <returns>Undefined: the answer is none of the gateway's, such as a page that a proxy made.</returns>
    private static async Task<JsonElement> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancel);
            var json = (await JsonSerializer.DeserializeAsync<JsonElement>(body, ApiJson.Options, cancel)).Clone();
            return json.ValueKind == JsonValueKind.Object ? json : default;
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            return default;
        }
    }
}
