using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>The problems that any route may answer, made from what the framework throws or answers. None of them repeats the body.</summary>
internal static partial class RequestProblems
{
    public static readonly Problem Internal = new(
        "internal_error", 500, "The service failed", "An unexpected error occurred; its cause is in the service's log.",
        "Try again; if it stays, report the trace_id.");

    private static readonly Problem Unavailable = new(
        "service_unavailable", 503, "A service does not answer", "A service that is needed for this is not reachable.", "Try again in a moment.");

    private static readonly Problem BodyTooLarge = new(
        "body_too_large", 413, "The body is too large", "The request body exceeds the limit of this service.", $"Send at most {BodyLimit.Bytes} bytes.");

    /// <summary>Null for what is a defect of the service and not an answer.</summary>
    /// <param name="context">Of an HTTP request.</param>
    public static Problem? From(Exception exception, HttpContext? context = null) => exception switch
    {
        ProblemException e => e.Problem,
        BadHttpRequestException { InnerException: JsonException json } => MalformedJson(json),
        BadHttpRequestException { StatusCode: 413 } => BodyTooLarge,
        BadHttpRequestException { StatusCode: 415 } => UnreadBody.Problem,
        BadHttpRequestException e => BindingFailure.From(e, context),
        RpcException e when ProblemException.FromRpc(e) is { } passedOn => passedOn.Problem,
        RpcException { StatusCode: StatusCode.Unavailable } => Unavailable,
        _ => null,
    };

    public static Problem FromStatus(HttpContext context, int status) => status switch
    {
        404 when UnreadBody.Of(context) is { } unread => unread.Problem,
        404 => new("not_found", 404, "There is nothing here", $"No route matches {context.Request.Path}.", "See /openapi.json for the routes."),
        405 => new("method_not_allowed", 405, "The method is not allowed", $"{context.Request.Method} is not offered here.", "Use a method of the Allow header."),
        413 => BodyTooLarge,
        415 => UnreadBody.Problem,
        _ => new($"http_{status}", status, "The request failed", $"The service answered {status}."),
    };

    /// <summary>Position and path only: a message of the parser may hold a piece of the body.</summary>
    public static Problem MalformedJson(JsonException e)
    {
        var line = e.LineNumber + 1;
        var position = e.BytePositionInLine;
        FieldError[]? errors = e.Path is { } path && path != "$" && SafePath().IsMatch(path)
            ? [new FieldError(path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path, "unreadable", "The value here cannot be read.")]
            : null;
        return new Problem(
            "malformed_json", 400, "The body is not the JSON that is expected here",
            line is null ? "The body cannot be read." : $"Line {line}, byte {position} of the body cannot be read.",
            "Correct the JSON at that position; types and names are in /openapi.json.", errors,
            new Dictionary<string, object?> { ["line"] = line, ["byte_position"] = position });
    }

    [GeneratedRegex(@"^\$(\.[a-z][a-z0-9_]{0,40}|\[\d{1,6}\]){1,8}$")]
    private static partial Regex SafePath();
}
