using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Platform.Gateway.Console.Pages;
using Platform.Gateway.Console.Session;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console;

/// <summary>What fails before a page can tell it, or in its making, is told in a page too: whoever looks at the console is a person. Scripts get problem details.</summary>
internal sealed partial class ConsoleFailures(RequestDelegate next, ILogger<ConsoleFailures> logger)
{
    private static readonly Problem Defect = new(
        "internal_error", 500, "The console failed", "An unexpected error occurred; its cause is in the gateway's log.", "Try again; if it stays, report it.");

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            // A form that the page does not have, or not any more as what it is about can't be read: the framework leaves it at the status.
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status400BadRequest } && IsForPeople(context.Request))
                await TellAsync(context, context.Features.Get<Problem>() ?? Errors.FormRefused().Problem);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested && IsForPeople(context.Request))
        {
            if (e is not ProblemException) LogFailed(context.Request.Method, context.Request.Path, e);
            await TellAsync(context, (e as ProblemException)?.Problem ?? Defect);
        }
    }

    private static async Task TellAsync(HttpContext context, Problem problem)
    {
        // The page that failed may have used up what a request has one of.
        await using var scope = context.RequestServices.CreateAsyncScope();
        context.RequestServices = scope.ServiceProvider;
        context.Response.Clear();
        context.Features.Set(problem);
        if (problem.Extensions?.GetValueOrDefault("retry_after") is int seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await new RazorComponentResult<FailurePage>(new { Problem = problem }) { StatusCode = problem.Status }.ExecuteAsync(context);
    }

    private static bool IsForPeople(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase) && !request.Path.StartsWithSegments(ConsolePaths.Assets);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(string method, string path, Exception cause);
}
