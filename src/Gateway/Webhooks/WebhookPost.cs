using System.Diagnostics;
using System.Globalization;
using System.Text;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Webhooks;

/// <summary>One signed request to a target, which the outbound guard checks when it connects; redirects are answers like others.</summary>
internal sealed class WebhookPost(OutboundGuard guard, WebhookSecret secrets, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);
    private const int KeptBytes = 4096;

    private readonly HttpClient http = new(guard.ConnectHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="Status">Null: there was no answer.</param>
    /// <param name="Error">Null: it was taken.</param>
    /// <param name="Response">The first 4 KiB of the answer, without what is no text.</param>
    /// <param name="RetryAfter">The answer asks for so much patience; null: for none.</param>
    internal sealed record Outcome(int? Status, string? Error, string? Response, int DurationMs, TimeSpan? RetryAfter = null);

    /// <param name="protectedSecrets">Those that sign.</param>
    public async Task<Outcome> SendAsync(string url, IEnumerable<string> protectedSecrets, string id, byte[] body, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerWithin);
        var begun = Stopwatch.GetTimestamp();
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/cloudevents+json") { CharSet = "utf-8" };
            request.Headers.TryAddWithoutValidation("webhook-id", id);
            request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
            request.Headers.TryAddWithoutValidation("webhook-signature", secrets.Sign(protectedSecrets, id, timestamp, body));
            request.Headers.UserAgent.ParseAdd("connector-platform");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var text = await ReadAsync(response, deadline.Token);
            var status = (int)response.StatusCode;
            var error = response.IsSuccessStatusCode ? null
                : status is >= 300 and < 400 ? $"The target answered {status}; redirects are not followed." : $"The target answered {status}.";
            var after = response.Headers.RetryAfter is { } wait ? wait.Delta ?? wait.Date - time.GetUtcNow() : null;
            return new(status, error, text, Elapsed(), after);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(null, $"The target did not answer within {AnswerWithin.TotalSeconds:0} s.", null, Elapsed());
        }
        catch (HttpRequestException e)
        {
            return new(null, e.InnerException is ProblemException refusal ? refusal.Problem.Detail : $"The target can't be reached: {e.InnerException?.Message ?? e.Message}", null, Elapsed());
        }
        catch (IOException e)
        {
            return new(null, $"The answer broke off: {e.Message}", null, Elapsed());
        }

        int Elapsed() => (int)Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    public void Dispose() => http.Dispose();

    private static async Task<string?> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[KeptBytes];
        var length = await stream.ReadAtLeastAsync(buffer, KeptBytes, throwOnEndOfStream: false, cancel);
        // PostgreSQL has no text with a NUL.
        return length == 0 ? null : Encoding.UTF8.GetString(buffer, 0, length).Replace("\0", "", StringComparison.Ordinal);
    }
}
