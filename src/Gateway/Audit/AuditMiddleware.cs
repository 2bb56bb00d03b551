using System.Collections.Concurrent;
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

    private static readonly TimeSpan FloodWindow = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> floods = new();

    public async Task InvokeAsync(HttpContext context)
    {
        var noted = false;
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Remove(Problem.CodeHeader, out var code);
            // Of a page of the console it is a feature, as that is no problem's answer.
            return NoteAsync(context.Response.StatusCode, context.Features.Get<Problem>()?.Code ?? code);
        });
        try
        {
            await next(context);
        }
        finally
        {
            // Nobody was there to be answered.
            if (context.RequestAborted.IsCancellationRequested) await NoteAsync(StatusCodes.Status499ClientClosedRequest, null);
        }

        async Task NoteAsync(int status, string? code)
        {
            if (noted || !IsOfInterest(context, status)) return;
            noted = true;
            if (status == StatusCodes.Status429TooManyRequests && IsFlood(context)) return;
            await log.NoteAsync(context, context.Request.Method, context.Request.Path.Value ?? "", status, code);
        }
    }

    private static bool IsOfInterest(HttpContext context, int status) =>
        status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests || !IsLook(context.Request.Method);

    private static bool IsLook(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

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
}
