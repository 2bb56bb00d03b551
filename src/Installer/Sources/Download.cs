using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>
/// Downloads one file to the disk. A connection that ends too early is followed by another, which asks for the rest where the server has
/// given a strong validator, so that parts of two files never come together, and else for the whole.
/// </summary>
internal sealed class Download(OutboundGuard guard, IOptions<InstallOptions> options) : IDisposable
{
    private const int BufferBytes = 128 * 1024;
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(guard.HttpHandler(options.Value.MaxRedirects)) { Timeout = Timeout.InfiniteTimeSpan };

    /// <returns>Its sha256, 64 lower-case hex digits.</returns>
    public async Task<string> RunAsync(HttpUrl url, string path, InstallLog log, Action<long, long?> onProgress, CancellationToken ct)
    {
        var limits = options.Value;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limits.DownloadTimeLimit);
        await using var file = new PartialFile(path);
        log.Note($"downloading {url.Shown}");
        try
        {
            var pause = limits.DownloadBackoff;
            for (var attempt = 1; await TryAsync(url, file, log, onProgress, deadline.Token) is { } failure; attempt++)
            {
                if (attempt == limits.DownloadAttempts) throw failure;
                log.Note($"{failure.Message} Attempt {attempt + 1} of {limits.DownloadAttempts} follows.");
                await Task.Delay(pause, deadline.Token);
                pause = pause * 2 < MaxBackoff ? pause * 2 : MaxBackoff;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Errors.DownloadTimedOut(url.Shown, limits.DownloadTimeLimit, file.Received);
        }
        var digest = file.Sha256();
        log.Note($"downloaded {file.Received} bytes, sha256 {digest}");
        return digest;
    }

    public void Dispose() => _http.Dispose();

    /// <returns>Null when the file is whole; else what to say if there is no further attempt. What another attempt can't mend is thrown.</returns>
    private async Task<InstallFailedException?> TryAsync(HttpUrl url, PartialFile file, InstallLog log, Action<long, long?> onProgress, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url.Uri);
        // The bytes as they lie there: what is checked by a digest must not be compressed on the way.
        request.Headers.AcceptEncoding.ParseAdd("identity");
        request.Headers.UserAgent.ParseAdd("connector-platform");
        var resumes = file is { Received: > 0, Validator: not null };
        if (resumes)
        {
            request.Headers.Range = new RangeHeaderValue(file.Received, null);
            request.Headers.IfRange = file.Validator;
        }
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
        idle.CancelAfter(options.Value.DownloadIdleLimit);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token);
            // A redirect has changed the request's address; both are worth knowing.
            var last = HttpUrl.Show(request.RequestUri!);
            var where = last == url.Shown ? last : $"{url.Shown} (redirected to {last})";
            if (Judge(where, url, file, resumes, response) is { } failure) return failure;
            if (resumes && file.Received > 0) log.Note($"going on at byte {file.Received} of {Number(file.Total)}");
            else log.Note($"{last} answers with {Number(file.Total)} bytes");
            onProgress(file.Received, file.Total);
            return await ReceiveAsync(where, file, response, onProgress, idle, ct);
        }
        catch (ProblemException e)
        {
            throw Errors.OutboundRefused(e.Problem);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw Errors.DownloadTlsFailed(url.Shown, Sentence((e.InnerException ?? e).Message));
        }
        catch (HttpRequestException e)
        {
            return Errors.DownloadUnreachable(url.Shown, Sentence(e.Message));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Errors.DownloadStalled(url.Shown, options.Value.DownloadIdleLimit, file.Received);
        }
    }

    /// <summary>What the answer's head means; null: its body is the file, or the rest of it.</summary>
    private InstallFailedException? Judge(string where, HttpUrl url, PartialFile file, bool resumes, HttpResponseMessage response)
    {
        var (status, content) = ((int)response.StatusCode, response.Content.Headers);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                if (!url.IsPage && content.ContentType?.MediaType is "text/html" or "application/xhtml+xml") throw Errors.DownloadIsHtml(where);
                if (file.Total is { } before && content.ContentLength is { } now && now != before) throw Errors.DownloadChanged(where, before, now);
                if (content.ContentLength > options.Value.MaxBytes) throw Errors.DownloadTooLarge(where, options.Value.MaxBytes);
                file.Begin(response);
                return null;
            case HttpStatusCode.PartialContent when resumes:
                if (content.ContentRange is not { Unit: "bytes" } range || range.From != file.Received)
                {
                    // From the beginning, then.
                    file.Restart();
                    return Errors.DownloadBadRange(where);
                }
                if (file.Total is { } whole && range.Length is { } length && length != whole) throw Errors.DownloadChanged(where, whole, length);
                file.Total ??= range.Length;
                return null;
            case HttpStatusCode.RequestedRangeNotSatisfiable when resumes:
                file.Restart();
                return Errors.DownloadBadRange(where);
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests:
            case >= HttpStatusCode.InternalServerError:
                return Errors.DownloadServerError(where, status);
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                throw Errors.DownloadNotFound(where, status);
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw Errors.DownloadDenied(where, status);
            default:
                throw Errors.DownloadBadStatus(where, status);
        }
    }

    private async Task<InstallFailedException?> ReceiveAsync(
        string where, PartialFile file, HttpResponseMessage response, Action<long, long?> onProgress, CancellationTokenSource idle, CancellationToken ct)
    {
        var limits = options.Value;
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[BufferBytes];
        while (true)
        {
            int read;
            idle.CancelAfter(limits.DownloadIdleLimit);
            try
            {
                read = await body.ReadAsync(buffer, idle.Token);
            }
            catch (IOException)
            {
                return Errors.DownloadCut(where, file.Received, file.Total);
            }
            if (read == 0) break;
            if (file.Received + read > limits.MaxBytes) throw Errors.DownloadTooLarge(where, limits.MaxBytes);
            if (file.Received + read > file.Total) throw Errors.DownloadTooLong(where, file.Total.Value);
            file.Append(buffer.AsSpan(0, read));
            onProgress(file.Received, file.Total);
        }
        if (file.Received < file.Total) return Errors.DownloadCut(where, file.Received, file.Total);
        return file.Received == 0 ? throw Errors.DownloadEmpty(where) : null;
    }

    private static string Number(long? bytes) => bytes?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of";

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
