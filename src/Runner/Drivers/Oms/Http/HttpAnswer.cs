using System.Text;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>Takes what a service answers, and no more of it than is allowed.</summary>
internal static class HttpAnswer
{
    private const int BlockBytes = 64 << 10;
    private const int ErrorBytes = 2048;
    private static readonly TimeSpan ErrorLimit = TimeSpan.FromSeconds(2);

    /// <exception cref="RunFaultException"><c>result_too_large</c>, as soon as that is known.</exception>
    public static async Task<byte[]> ReadAsync(HttpContent content, long maxBytes, CancellationToken cancel)
    {
        if (content.Headers.ContentEncoding.FirstOrDefault(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } encoding)
            throw OmsFaults.BadAnswer($"it is compressed ({OmsFaults.Shown(encoding)}), which was not asked for");
        if (content.Headers.ContentLength > maxBytes)
            throw Faults.ResultTooLarge(maxBytes);
        await using var stream = await content.ReadAsStreamAsync(cancel);
        using var taken = new MemoryStream();
        var block = new byte[BlockBytes];
        while (await stream.ReadAsync(block, cancel) is var count and > 0)
        {
            if (taken.Length + count > maxBytes)
                throw Faults.ResultTooLarge(maxBytes);
            taken.Write(block, 0, count);
        }

        return taken.ToArray();
    }

    /// <summary>What the service says of an error, or its beginning; empty when it says nothing that can be read in time.</summary>
    public static async Task<string> WordsAsync(HttpContent content, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ErrorLimit);
        var block = new byte[ErrorBytes];
        var length = 0;
        try
        {
            await using var stream = await content.ReadAsStreamAsync(limit.Token);
            while (length < block.Length && await stream.ReadAsync(block.AsMemory(length), limit.Token) is var count and > 0)
                length += count;
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // Half of what it says is better than nothing.
        }

        return OmsFaults.Shown(Encoding.UTF8.GetString(block, 0, length).Trim());
    }

    /// <summary>Null: it doesn't say when.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > DateTimeOffset.UtcNow => date - DateTimeOffset.UtcNow,
        _ => null,
    };
}
