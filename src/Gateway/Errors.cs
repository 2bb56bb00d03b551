using Platform.ServiceDefaults;

namespace Platform.Gateway;

/// <summary>Every failure that the gateway itself answers with.</summary>
internal static class Errors
{
    private const string GetToken = "Send the header Authorization: Bearer <token>; ./platform up prints the token and where it is kept.";

    public static ProblemException TokenRequired() => New(
        "token_required", 401, "A token is needed", "The request has no bearer token.", GetToken);

    public static ProblemException InvalidRequest(string detail) => New(
        "invalid_request", 400, "The credentials are malformed", detail, "Send exactly one header Authorization: Bearer <token>.");

    public static ProblemException MistypedToken() => New(
        "invalid_token", 401, "The token is not valid", "The token's checksum does not fit: it is mistyped or cut off.", GetToken);

    public static ProblemException UnknownToken() => New(
        "invalid_token", 401, "The token is not valid", "The token is unknown here or revoked.", GetToken);

    public static ProblemException ExpiredToken() => New(
        "invalid_token", 401, "The token is not valid", "The token has expired.", "Use another token.");

    public static ProblemException TokensUnavailable() => New(
        "service_unavailable", 503, "A service is not available", "The gateway's database can't be reached, so tokens can't be checked.",
        "Try again in a moment; if it stays, look at the log of postgres.");

    public static ProblemException ServiceUnavailable(string service, int status, string what) => New(
        "service_unavailable", status, "A service is not available", $"The service {service} {what}.",
        $"Try again in a moment; if it stays, look at the log of {service}.",
        new Dictionary<string, object?> { ["service"] = service });

    public static ProblemException BodyTooLarge(long limit) => New(
        "body_too_large", 413, "The request body is too large", $"The body may have at most {limit} bytes.", "Send less.");

    public static ProblemException BadBody() => New(
        "bad_body", 400, "The request body could not be read", "The body ended early or broke HTTP's rules.", "Send it again, whole.");

    public static ProblemException UnknownRoute(string method, string path) => New(
        "unknown_route", 404, "There is no such route", $"Nothing answers {method} {path}.", "GET /openapi.json lists the routes.");

    private static ProblemException New(
        string code, int status, string title, string detail, string remedy, IReadOnlyDictionary<string, object?>? extensions = null) =>
        new(new Problem(code, status, title, detail, remedy, Extensions: extensions));
}
