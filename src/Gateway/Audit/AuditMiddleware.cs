using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Audit;

/// <summary>
/// Notes every request that may change something, and every one that is refused, with the outcome. The answer begins once the entry is stored. Of requests over
/// a limit only the first in a minute is noted, for each caller: a flood must not fill the log.
/// </summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditLog log, TimeProvider time)
{
    private const int MaxCallers = 10_000;

    /// <summary>Nobody waits longer for an answer because the database is slow; the entry is still on its way then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FloodWindow = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> floods = new();

    public async Task InvokeAsync(HttpContext context)
    {
        var noted = false;
        context.Response.OnStarting(() => NoteAsync(context.Response.StatusCode));
        try
        {
            await next(context);
        }
        finally
        {
            // Nobody was there to be answered.
            if (context.RequestAborted.IsCancellationRequested) await NoteAsync(StatusCodes.Status499ClientClosedRequest);
        }

        async Task NoteAsync(int status)
        {
            if (noted || !IsOfInterest(context, status)) return;
            noted = true;
            if (status == StatusCodes.Status429TooManyRequests && IsFlood(context)) return;
            try
            {
                await log.AddAsync(EntryOf(context, status)).WaitAsync(Patience, time);
            }
            catch (TimeoutException)
            {
                // It is in the service's log by then.
            }
        }
    }

    private static bool IsOfInterest(HttpContext context, int status) =>
        status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests || !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method));

    private bool IsFlood(HttpContext context)
    {
        var caller = context.Features.Get<ApiToken>()?.Id.ToString() ?? context.Connection.RemoteIpAddress?.ToString() ?? "";
        var now = time.GetTimestamp();
        if (floods.Count >= MaxCallers)
            foreach (var (known, at) in floods)
                if (time.GetElapsedTime(at, now) > FloodWindow)
                    floods.TryRemove(known, out _);
        var first = floods.GetOrAdd(caller, now);
        return first != now && (time.GetElapsedTime(first, now) < FloodWindow || !floods.TryUpdate(caller, now, first));
    }

    private AuditEntry EntryOf(HttpContext context, int status)
    {
        var token = context.Features.Get<ApiToken>();
        var path = context.Request.Path.Value ?? "";
        return new(
            0, time.GetUtcNow().UtcDateTime, token?.Name, token?.Id, context.Connection.RemoteIpAddress?.ToString(), context.Request.Method,
            // PostgreSQL's text can't hold it.
            (path.Length > AuditEntry.MaxPath ? path[..AuditEntry.MaxPath] : path).Replace('\0', '\uFFFD'), status, context.Features.Get<Problem>()?.Code,
            (context.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current)?.TraceId.ToString());
    }
}
