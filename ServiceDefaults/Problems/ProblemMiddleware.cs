using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults;

/// <summary>Every failure of an HTTP request leaves as problem details. gRPC calls have <c>ProblemInterceptor</c>.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (Answer(context.Response) is { } problem)
                await WriteAsync(context, problem);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                return;
            }
            var problem = RequestProblems.From(e, context);
            if (problem is null)
            {
                LogUnhandled(context.Request.Method, context.Request.Path, e);
                context.Features.Get<IHttpActivityFeature>()?.Activity.AddException(e);
                problem = RequestProblems.Internal;
            }
            await WriteAsync(context, problem);
        }
    }

    /// <summary>What the framework answers with a bare status gets a body too.</summary>
    private static Problem? Answer(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentLength: null or 0, ContentType: null } && !IsGrpc(response.HttpContext.Request)
            ? RequestProblems.FromStatus(response.HttpContext, response.StatusCode)
            : null;

    private static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        var challenge = response.Headers.WWWAuthenticate;
        var allow = response.Headers.Allow;
        response.Clear();
        // For the gateway, which keeps account of what was answered and reads no bodies of services.
        response.Headers[Problem.CodeHeader] = problem.Code;
        response.StatusCode = problem.Status;
        response.ContentType = ProblemJson.ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers.WWWAuthenticate = challenge;
        response.Headers.Allow = allow;
        if (problem.Extensions?.GetValueOrDefault("location") is string location)
            response.Headers.Location = location;
        if (problem.Extensions?.GetValueOrDefault("retry_after") is int seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(ProblemJson.Serialize(problem, TraceId(context)), context.RequestAborted);
    }

    private static string? TraceId(HttpContext context) =>
        (context.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current)?.TraceId.ToString();

    private static bool IsGrpc(HttpRequest request) =>
        request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogUnhandled(string method, string path, Exception exception);
}
