using System.Globalization;
using System.Text.Json;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Logs;

/// <summary>
/// A log over HTTP, of whatever it is: events <c>line</c> as they come and one <c>end</c> (resumable by Last-Event-ID), or with
/// <c>Accept: application/json</c> a page of what there is so far. Any replica serves it.
/// </summary>
internal sealed class LogAnswer(LogStore store, RunChanges changes)
{
    private const int ReadAtOnce = 500;
    // Between two looks when nothing was announced.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private sealed record End(string State);

    /// <param name="endState">The state in which it has ended, or null while lines may still come.</param>
    /// <exception cref="ProblemException">400 <c>bad_level</c>, <c>bad_limit</c> or <c>bad_cursor</c>.</exception>
    public async Task WriteAsync(HttpContext http, Guid subject, Func<CancellationToken, Task<string?>> endState, string? level, int? limit, string? cursor, CancellationToken cancel)
    {
        var levels = level is null ? null : LogLevels.From(level) ?? throw Errors.UnknownLevel(level);
        if (http.Request.GetTypedHeaders().Accept.Any(accept => accept.MediaType == "application/json"))
        {
            await http.Response.WriteAsJsonAsync(await PageAsync(subject, levels, limit, cursor, cancel), PlatformJson.Options, cancel);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
        _ = int.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var seen);
        await FollowAsync(http.Response, subject, endState, levels, seen, cancel);
    }

    private async Task<Page<StoredLine>> PageAsync(Guid subject, string[]? levels, int? limit, string? cursor, CancellationToken cancel)
    {
        var count = Limit.Parse(limit);
        var after = 0;
        if (Cursor.Decode(cursor, 1) is { } parts && !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out after))
            throw Errors.BadCursor();
        var found = await store.ReadAsync(subject, after, levels, count + 1, cancel);
        var page = found.Take(count).ToList();
        return new(page, found.Count > count ? Cursor.Encode(page[^1].Line.ToString(CultureInfo.InvariantCulture)) : null);
    }

    private async Task FollowAsync(HttpResponse response, Guid subject, Func<CancellationToken, Task<string?>> endState, string[]? levels, int seen, CancellationToken cancel)
    {
        var quietSince = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var grown = changes.LogGrowsAsync(subject, Interval, cancel);
            // Before the lines: all that were stored before the end are then seen.
            var state = await endState(cancel);
            while (await store.ReadAsync(subject, seen, levels, ReadAtOnce, cancel) is { Count: > 0 } lines)
            {
                foreach (var line in lines)
                    await response.WriteAsync($"event: line\nid: {line.Line}\ndata: {JsonSerializer.Serialize(line, PlatformJson.Options)}\n\n", cancel);
                seen = lines[^1].Line;
                quietSince = TimeProvider.System.GetTimestamp();
            }

            if (state is not null)
            {
                await response.WriteAsync($"event: end\ndata: {JsonSerializer.Serialize(new End(state), PlatformJson.Options)}\n\n", cancel);
                await response.Body.FlushAsync(cancel);
                return;
            }

            if (TimeProvider.System.GetElapsedTime(quietSince) > KeepAlive)
            {
                // A silent connector must not look like a dead connection to the proxies on the way.
                await response.WriteAsync(": still running\n\n", cancel);
                quietSince = TimeProvider.System.GetTimestamp();
            }

            await response.Body.FlushAsync(cancel);
            await grown;
            cancel.ThrowIfCancellationRequested();
        }
    }
}
