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

    public static ProblemException RefusedToken(string why) => New(
        "invalid_token", 401, "The token is not valid", $"The issuer's token is refused: {why}.", "Get another one from the issuer, for this platform.");

    public static ProblemException IssuerUnavailable() => New(
        "service_unavailable", 503, "A service is not available", "The issuer's keys can't be read, so its tokens can't be checked.",
        "Try again in a moment; if it stays, look at the gateway's log and the setting Oidc:Authority.");

    // Which they are would help whoever has found the token.
    public static ProblemException AddressNotAllowed() => New(
        "address_not_allowed", 403, "The token can't be used from here", "The token may be used from certain addresses only, and this is none of them.",
        "Use it where it was made for, or ask an administrator for another one.");

    public static ProblemException SignInRequired() => New(
        "sign_in_required", 401, "You are not signed in", "The console needs its cookie here, and there is none.", "Sign in at /console/sign-in with a token.");

    public static ProblemException NoTokenGiven() => New(
        "token_required", 401, "A token is needed", "The form has no token.", "Paste a token; ./platform up prints the first one and where it is kept.");

    public static ProblemException FormRefused() => New(
        "form_refused", 400, "The form was not accepted", "It did not come from a page of this console, or that page is too old.",
        "Open the page again, fill in the form once more and send it.");

    public static ProblemException UnknownPage(string path) => New(
        "unknown_page", 404, "There is no such page", $"The console has no page {path}.", "Choose another one in the menu.");

    public static ProblemException AddressIncomplete() => New(
        "incomplete_address", 400, "The address is not complete", "An object's page is found by connection, stream and remote_id.", "Open it from the list of objects.");

    public static ProblemException UnknownObject(string? connection, string? remoteId) => New(
        "unknown_object", 404, "There is no such object", $"The connection '{connection}' has no object '{remoteId}' in this stream.", "Search for it under Objects.");

    public static ProblemException InvalidForm(IReadOnlyList<FieldError> errors) => new(new Problem(
        "invalid_form", 422, "The form has errors", "Some fields can't be read.", "Correct every field that is marked and send the form again.", errors));

    public static ProblemException InvalidTokenRequest(IReadOnlyList<FieldError> errors) => new(new Problem(
        "invalid_token_request", 422, "The request has errors", $"The request has {(errors.Count == 1 ? "an error" : $"{errors.Count} errors")}.",
        "Correct every field named under errors and send it again.", errors));

    public static ProblemException TokenExists(string name) => New(
        "token_exists", 409, "There is such a token", $"A token that is not revoked has the name {name}.", $"Choose another name, or rotate it: POST /v1/tokens/{name}/rotate.");

    public static ProblemException TooManyTokens(int most) => New(
        "too_many_tokens", 409, "There are too many tokens", $"There are {most} tokens already.", "Revoke those that nobody uses: GET /v1/tokens tells their last use.");

    public static ProblemException NoSuchToken(string token) => New(
        "unknown_token", 404, "There is no such token", $"No token has the id or name {token}.", "GET /v1/tokens lists them.");

    public static ProblemException TokenOver(string name) => New(
        "token_over", 409, "The token is over", $"The token {name} is revoked or has expired.", "Make a new one: POST /v1/tokens.");

    public static ProblemException BootstrapToken() => New(
        "bootstrap_token", 409, "This token is the platform's own", "The bootstrap token comes from the setting Gateway:BootstrapToken at every start.",
        "Start the platform with another one (./platform up reads the file token of its data folder), or without.");

    public static ProblemException TokensUnavailable() => New(
        "service_unavailable", 503, "A service is not available", "The gateway's database can't be reached, so tokens can't be checked.",
        "Try again in a moment; if it stays, look at the log of postgres.");

    public static ProblemException ServiceUnavailable(string service, int status, string what) => New(
        "service_unavailable", status, "A service is not available", $"The service {service} {what}.",
        $"Try again in a moment; if it stays, look at the log of {service}.",
        new Dictionary<string, object?> { ["service"] = service });

    public static ProblemException RateLimited(string detail, int seconds) => Later(
        "rate_limited", 429, "Too many requests", detail, seconds, "Send less, or ask for a higher Limits:RequestsPerSecond.");

    public static ProblemException TooManyFailures(int seconds) => Later(
        "too_many_failures", 429, "Too many refused credentials", "Too many requests from your address had no token that is valid.", seconds, "Correct the token first.");

    public static ProblemException TooManyStreams(string token, int most) => Later(
        "too_many_streams", 429, "The token has too many streams", $"The token {token} has {most} streams and waiting requests open.", 5, "Close some, or ask for a higher Limits:StreamsPerToken.");

    public static ProblemException GatewayBusy(string detail) => Later(
        "gateway_busy", 503, "The gateway is busy", detail, 1, "If it stays, look for who asks so much: the gateway's metrics, GET /v1/audit.");

    public static ProblemException BodyTooLarge(long limit) => New(
        "body_too_large", 413, "The request body is too large", $"The body may have at most {limit} bytes.", "Send less.");

    public static ProblemException BadBody() => New(
        "bad_body", 400, "The request body could not be read", "The body ended early or broke HTTP's rules.", "Send it again, whole.");

    public static ProblemException UnknownRoute(string method, string path) => New(
        "unknown_route", 404, "There is no such route", $"Nothing answers {method} {path}.", "GET /openapi.json lists the routes.");

    private static ProblemException Later(string code, int status, string title, string detail, int seconds, string remedy) => New(
        code, status, title, detail, $"Wait {(seconds == 1 ? "a second" : $"{seconds} seconds")} and send it again. {remedy}", new Dictionary<string, object?> { ["retry_after"] = seconds });

    public static ProblemException InvalidEventFilter(IReadOnlyList<FieldError> errors) => new(new Problem(
        "invalid_event_filter", 422, "The filter has errors", "What to filter by can't be used.", "Correct every parameter named under errors.", errors));

    public static ProblemException BadEventPosition(string parameter, string given, string wanted) => New(
        "bad_event_position", 400, "There is no such place among the events", $"{parameter} is {(given.Length > 40 ? given[..40] + "…" : given)}, which is not {wanted}.",
        "Give the id of an event that was received here, or leave it out.");

    public static ProblemException EventsGone(long after, long gone, long last) => New(
        "events_gone", 410, "These events are not kept any more",
        after > last ? $"The id {after} was never given here: the last one is {last}." : $"Events behind {after} were removed for their age; the first that is kept follows {gone}.",
        "Look at the state of what you follow, such as its runs, and begin anew: from=beginning for all events that are kept, from=now for those to come.",
        new Dictionary<string, object?> { ["kept_after"] = gone, ["last"] = last });

    public static ProblemException EventsUnavailable() => New(
        "service_unavailable", 503, "A service is not available", "The gateway's database can't be reached, so events can't be read.",
        "Try again in a moment; if it stays, look at the log of postgres.");

    public static ProblemException InvalidWebhook(IReadOnlyList<FieldError> errors) => new(new Problem(
        "invalid_webhook", 422, "The request has errors", $"The request has {(errors.Count == 1 ? "an error" : $"{errors.Count} errors")}.",
        "Correct every field named under errors and send it again.", errors));

    public static ProblemException WebhookExists(string name) => New(
        "webhook_exists", 409, "There is such a webhook", $"A webhook has the name {name}.", $"Choose another name, or change it: PATCH /v1/webhooks/{name}.");

    public static ProblemException TooManyWebhooks(int most) => New(
        "too_many_webhooks", 409, "There are too many webhooks", $"There are {most} webhooks already.", "Delete those that nobody needs: GET /v1/webhooks lists them.");

    public static ProblemException NoSuchWebhook(string name) => New(
        "unknown_webhook", 404, "There is no such webhook", $"No webhook has the name {name}, or it is not for this token.", "GET /v1/webhooks lists them.");

    public static ProblemException WebhookChanged(string name, string etag) => New(
        "etag_mismatch", 412, "It has changed meanwhile", $"The webhook {name} is at {etag}.", "Read it again and repeat the change.");

    public static ProblemException NoSuchDelivery(string name, string id) => New(
        "unknown_delivery", 404, "There is no such delivery", $"The webhook {name} has no delivery {id}; deliveries go with their events.",
        $"GET /v1/webhooks/{name}/deliveries lists them.");

    public static ProblemException BadDeliveryState(string states) => New(
        "bad_state", 400, "There is no such state", "The parameter state is none of a delivery's states.", $"Use one of {states}, or leave it out.");

    private static ProblemException New(
        string code, int status, string title, string detail, string remedy, IReadOnlyDictionary<string, object?>? extensions = null) =>
        new(new Problem(code, status, title, detail, remedy, Extensions: extensions));
}
