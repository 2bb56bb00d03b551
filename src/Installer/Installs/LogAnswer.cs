using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>A log over HTTP: events <c>line</c> as they come and one <c>end</c> (resumable by Last-Event-ID), or with <c>Accept: application/json</c> what there is so far.</summary>
internal static class LogAnswer
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    internal sealed record Kept(InstallState State, IReadOnlyList<LogLine> Lines);

    private sealed record End(InstallState State);

    /// <param name="live">Null: it has ended.</param>
    public static async Task WriteAsync(HttpContext http, InstallLog? live, Func<IReadOnlyList<LogLine>> read, Func<InstallState> state, CancellationToken ct)
    {
        if (http.Request.GetTypedHeaders().Accept.Any(accept => accept.MediaType == "application/json"))
        {
            await http.Response.WriteAsJsonAsync(new Kept(state(), live?.After(0).Lines ?? read()), PlatformJson.Options, ct);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
        _ = long.TryParse(http.Request.Headers["Last-Event-ID"], out var seen);
        if (live is null)
        {
            foreach (var line in read().Where(line => line.Seq > seen)) await WriteAsync(http.Response, "line", line, line.Seq, ct);
        }
        else
        {
            await FollowAsync(live, seen, http.Response, ct);
        }
        await WriteAsync(http.Response, "end", new End(state()), null, ct);
        await http.Response.Body.FlushAsync(ct);
    }

    private static async Task FollowAsync(InstallLog log, long seen, HttpResponse response, CancellationToken ct)
    {
        while (true)
        {
            var (lines, ended, changed) = log.After(seen);
            foreach (var line in lines)
            {
                await WriteAsync(response, "line", line, line.Seq, ct);
                seen = line.Seq;
            }
            await response.Body.FlushAsync(ct);
            if (ended) return;
            try
            {
                await changed.WaitAsync(KeepAlive, ct);
            }
            catch (TimeoutException)
            {
                // A silent build must not look like a dead connection to the proxies on the way.
                await response.WriteAsync(": still running\n\n", ct);
            }
        }
    }

    private static Task WriteAsync<T>(HttpResponse response, string name, T data, long? id, CancellationToken ct) =>
        response.WriteAsync($"event: {name}\n{(id is null ? "" : $"id: {id}\n")}data: {JsonSerializer.Serialize(data, PlatformJson.Options)}\n\n", ct);
}
