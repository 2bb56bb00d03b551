using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>Fetches a manifest from a URL that a caller chose, so only through <see cref="OutboundGuard"/>.</summary>
internal sealed class ManifestDownload(OutboundGuard guard) : IDisposable
{
    public const int MaxBytes = 256 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly HttpClient http = new(guard.HttpHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="limit">Bytes of the document.</param>
    public async Task<ReadOnlyMemory<byte>> GetAsync(string url, CancellationToken cancel, int limit = MaxBytes)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo != "")
            throw Errors.InvalidManifest([new("url", "invalid_url", "The url must be absolute, by http or https, and hold no user name.")]);

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Deadline);
        try
        {
            // A query may hold a signature or token, so errors name the URL without it.
            return await GetAsync(uri, limit, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Unreachable(uri, $"there was no whole answer within {Deadline.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(uri, e.Message);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<ReadOnlyMemory<byte>> GetAsync(Uri uri, int limit, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!answer.IsSuccessStatusCode) throw Unreachable(uri, $"the server answered {(int)answer.StatusCode}.");
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        return await LimitedBody.ReadAsync(body, limit, cancel)
            ?? throw Unreachable(uri, $"the document has more than {limit} bytes.");
    }

    private static ProblemException Unreachable(Uri uri, string why) => Errors.ManifestUnreachable(uri.GetLeftPart(UriPartial.Path), why);
}
