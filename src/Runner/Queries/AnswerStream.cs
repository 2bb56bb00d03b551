using System.Text.Json;
using Platform.Ndc;

namespace Platform.Runner.Queries;

/// <summary>
/// Sends a connector's answer on. A small one, as most are, is looked at whole before the first byte goes out, so that what is wrong with it can still be
/// said; of a larger one only the beginning, and if it breaks off later so does the response.
/// </summary>
internal static class AnswerStream
{
    private const int LookedAtBytes = 1 << 20;

    /// <param name="limit">Ends the wait for the beginning; not what comes after it.</param>
    /// <exception cref="NdcException">Before anything was sent.</exception>
    public static async Task SendAsync(NdcAnswer answer, HttpContext context, bool explains, CancellationTokenSource limit, CancellationToken cancel)
    {
        var block = new byte[64 << 10];
        var (length, whole) = (0, false);
        while (length < LookedAtBytes && !whole)
        {
            if (length == block.Length)
                Array.Resize(ref block, block.Length * 4);
            var count = await answer.ReadAsync(block.AsMemory(length), limit.Token);
            (length, whole) = (length + count, count == 0);
        }

        Check(block.AsSpan(0, length), whole, explains ? (byte)'{' : (byte)'[', answer.Request);
        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        var response = context.Response;
        response.ContentType = "application/json";
        if (whole)
            response.ContentLength = length;
        await response.Body.WriteAsync(block.AsMemory(0, length), cancel);
        try
        {
            while (!whole && await answer.ReadAsync(block, cancel) is var count and > 0)
                await response.Body.WriteAsync(block.AsMemory(0, count), cancel);
        }
        catch (NdcException)
        {
            // All that can be said now is that it is not the whole.
            context.Abort();
        }
    }

    private static void Check(ReadOnlySpan<byte> begin, bool whole, byte first, string request)
    {
        var text = begin.TrimStart(" \t\r\n"u8);
        if (whole)
        {
            var reader = new Utf8JsonReader(begin);
            try
            {
                while (reader.Read())
                {
                }
            }
            catch (JsonException)
            {
                NdcClient.Read<JsonElement>(begin, request);
            }
        }

        if (text.IsEmpty || text[0] != first)
            throw new NdcException(new(
                NdcFaults.BadAnswer, $"The answer to {request} does not begin with {(char)first}.", 200, Excerpt: System.Text.Encoding.UTF8.GetString(begin[..Math.Min(begin.Length, 2048)])));
    }
}
