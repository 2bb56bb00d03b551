using System.Net.Http.Headers;
using System.Text.Json;

namespace Platform.Ndc;

/// <summary>How a client talks to its connector.</summary>
/// <param name="Token">The connector's HASURA_SERVICE_TOKEN_SECRET; null or empty: no Authorization header is sent, as connectors without a secret refuse one.</param>
/// <param name="Version">
/// Sent as X-Hasura-NDC-Version: the lowest version that serves, as a connector refuses what is newer than itself. Null: not sent, as to connectors of 0.1.
/// </param>
public sealed record NdcClientOptions(string? Token = null, string? Version = null)
{
    /// <summary>The lowest of the 0.2 generation.</summary>
    public const string SecondGeneration = "0.2.0";

    /// <summary>How long nothing may come: until the answer begins, and between any two parts of it.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Bytes of the largest answer that is taken.</summary>
    public long MaxAnswerBytes { get; init; } = 64 << 20;
}

/// <summary>
/// A client of one connector. A trace that is under way goes along as traceparent: HttpClient sees to that. All calls throw <see cref="NdcException"/>
/// when the connector does not answer as the specification says, and <see cref="OperationCanceledException"/> when cancelled and at no other time.
/// </summary>
/// <param name="http">Without a time limit of its own, and with a handler as <see cref="NdcHttp"/> makes it.</param>
/// <param name="address">The base, without a path.</param>
public sealed class NdcClient(HttpClient http, Uri address, NdcClientOptions options)
{
    public const string VersionHeader = "X-Hasura-NDC-Version";
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public NdcClientOptions Options => options;

    public Uri Address => address;

    public Task<NdcCapabilities> CapabilitiesAsync(CancellationToken cancel) => ReadAsync<NdcCapabilities>(HttpMethod.Get, "/capabilities", null, cancel);

    public Task<NdcSchema> SchemaAsync(CancellationToken cancel) => ReadAsync<NdcSchema>(HttpMethod.Get, "/schema", null, cancel);

    /// <returns>As many as the request has variables, else one; that is checked.</returns>
    public async Task<IReadOnlyList<NdcRowSet>> QueryAsync(NdcQueryRequest request, CancellationToken cancel)
    {
        var sets = await ReadAsync<IReadOnlyList<NdcRowSet>>(HttpMethod.Post, "/query", Bytes(request), cancel);
        var expected = request.Variables?.Count ?? 1;
        return sets.Count == expected ? sets
            : throw new NdcException(new(NdcFaults.BadAnswer, $"The connector answered POST /query with {sets.Count} row sets, and {expected} {(expected == 1 ? "is" : "are")} right.", 200));
    }

    public Task<NdcExplanation> ExplainQueryAsync(NdcQueryRequest request, CancellationToken cancel) =>
        ReadAsync<NdcExplanation>(HttpMethod.Post, "/query/explain", Bytes(request), cancel);

    /// <returns>A result for each operation; that is checked.</returns>
    public async Task<NdcMutationAnswer> MutateAsync(NdcMutationRequest request, CancellationToken cancel)
    {
        var answer = await ReadAsync<NdcMutationAnswer>(HttpMethod.Post, "/mutation", Bytes(request), cancel);
        return answer.OperationResults.Count == request.Operations.Count ? answer
            : throw new NdcException(new(
                NdcFaults.BadAnswer, $"The connector answered POST /mutation with {answer.OperationResults.Count} results for {request.Operations.Count} operations.", 200));
    }

    public Task<NdcExplanation> ExplainMutationAsync(NdcMutationRequest request, CancellationToken cancel) =>
        ReadAsync<NdcExplanation>(HttpMethod.Post, "/mutation/explain", Bytes(request), cancel);

    /// <summary>The status that <c>GET /health</c> answers, without the token; 200 says that it can be used.</summary>
    public async Task<int> HealthAsync(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/health"));
        using var response = await NdcAnswer.SendAsync(http, request, options.Silence, cancel);
        return (int)response.StatusCode;
    }

    /// <summary>An answer as its bytes.</summary>
    public async Task<byte[]> BytesAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancel)
    {
        await using var answer = await OpenAsync(method, path, body, cancel);
        return await answer.ReadAllAsync(cancel);
    }

    /// <summary>An answer of success that is still to be read; all others are thrown. It holds the connection until it is disposed.</summary>
    /// <param name="path">From the root, such as <c>/query</c>.</param>
    /// <param name="body">JSON, sent as it is; null: none.</param>
    public async Task<NdcAnswer> OpenAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, path));
        if (!string.IsNullOrEmpty(options.Token))
            request.Headers.Authorization = new("Bearer", options.Token);
        if (options.Version is not null)
            request.Headers.Add(VersionHeader, options.Version);
        if (body is { } bytes)
            request.Content = new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = Json } };
        var response = await NdcAnswer.SendAsync(http, request, options.Silence, cancel);
        var answer = new NdcAnswer(response, $"{method} {path}", options);
        if (response.IsSuccessStatusCode)
            return answer;
        await using (answer)
            throw new NdcException(await NdcErrorAnswer.ReadAsync(answer, cancel));
    }

    /// <summary>Bytes of an answer as what they should be.</summary>
    /// <param name="request">Such as <c>GET /schema</c>; for messages.</param>
    public static T Read<T>(ReadOnlySpan<byte> bytes, string request)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, NdcJson.Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw NdcErrorAnswer.Unreadable(bytes, request, e);
        }
    }

    private async Task<T> ReadAsync<T>(HttpMethod method, string path, byte[]? body, CancellationToken cancel) =>
        Read<T>(await BytesAsync(method, path, body, cancel), $"{method} {path}");

    private static byte[] Bytes<T>(T request) => JsonSerializer.SerializeToUtf8Bytes(request, NdcJson.Options);
}

public static class NdcHttp
{
    /// <summary>To a connector on this machine: no proxy, no cookies, no redirects, and no compression, which would only cost time.</summary>
    public static HttpClient Client() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Servers close idle connections after two seconds and more, and a request that meets the closing is lost.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
    }) { Timeout = Timeout.InfiniteTimeSpan };
}
