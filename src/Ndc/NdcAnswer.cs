namespace Platform.Ndc;

/// <summary>An answer that is being read: bounded, and never waited for without end.</summary>
public sealed class NdcAnswer : IAsyncDisposable
{
    private const int BlockBytes = 64 << 10;
    private readonly HttpResponseMessage response;
    private readonly NdcClientOptions options;
    private Stream? body;
    private long taken;

    /// <param name="request">Method and path; for messages.</param>
    public NdcAnswer(HttpResponseMessage response, string request, NdcClientOptions options) => (this.response, Request, this.options) = (response, request, options);

    public int Status => (int)response.StatusCode;

    /// <summary>Method and path; for messages.</summary>
    public string Request { get; }

    public string? ContentType => response.Content.Headers.ContentType?.ToString();

    internal HttpResponseMessage Response => response;

    /// <returns>How many bytes came; 0: the answer is whole.</returns>
    /// <exception cref="NdcException">It breaks off, is silent for too long, or is too large.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancel)
    {
        // As soon as that is known.
        if (taken == 0 && response.Content.Headers.ContentLength > options.MaxAnswerBytes)
            throw TooLarge();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Silence);
        try
        {
            body ??= await response.Content.ReadAsStreamAsync(limit.Token);
            var count = await body.ReadAsync(into, limit.Token);
            return (taken += count) <= options.MaxAnswerBytes ? count : throw TooLarge();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new NdcException(new(NdcFaults.AnswerCut, $"The connection broke after {taken} bytes of the answer to {Request}.", Status), e);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new NdcException(new(
                NdcFaults.Silent, $"The connector fell silent: nothing came for {options.Silence.TotalSeconds:0.#} s after {taken} bytes of the answer to {Request}.", Status));
        }
    }

    /// <exception cref="NdcException">As of <see cref="ReadAsync"/>.</exception>
    public async Task<byte[]> ReadAllAsync(CancellationToken cancel)
    {
        var bytes = new byte[response.Content.Headers.ContentLength is { } length and > 0 && length <= options.MaxAnswerBytes ? length + 1 : BlockBytes];
        var filled = 0;
        while (await ReadAsync(bytes.AsMemory(filled), cancel) is var count and > 0)
        {
            filled += count;
            if (filled == bytes.Length)
                Array.Resize(ref bytes, bytes.Length * 2);
        }

        return bytes.AsSpan(0, filled).ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        if (body is not null)
            await body.DisposeAsync();
        response.Dispose();
    }

    /// <summary>Sends any request, and waits until its answer begins, of whatever status.</summary>
    /// <exception cref="NdcException">There is none.</exception>
    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpRequestMessage request, TimeSpan silence, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(silence);
        var shown = $"{request.Method} {request.RequestUri!.AbsolutePath}";
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (HttpRequestException e)
        {
            throw new NdcException(e.HttpRequestError switch
            {
                HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError => new(
                    NdcFaults.Unreachable, $"No connection to {request.RequestUri.GetLeftPart(UriPartial.Authority)} came about: {(e.InnerException ?? e).Message}"),
                HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => new(
                    NdcFaults.BadAnswer, $"The answer to {shown} is no HTTP, or its headers are too large."),
                _ => new(NdcFaults.AnswerCut, $"The connection broke after {shown} was sent and before its answer began."),
            }, e);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new NdcException(new(NdcFaults.Silent, $"The connector did not answer {shown} within {silence.TotalSeconds:0.#} s."));
        }
    }

    private NdcException TooLarge() => new(new(
        NdcFaults.TooLarge, $"The answer to {Request} is larger than {options.MaxAnswerBytes} bytes.", Status));
}
