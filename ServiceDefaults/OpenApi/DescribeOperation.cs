using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Platform.ServiceDefaults;

/// <summary>
/// Completes each operation of a service's OpenApi document from what its route says of itself: the scope, what can go wrong and with which codes, headers, names of
/// parameters, examples. What is the same everywhere is said here and nowhere else.
/// </summary>
internal sealed class DescribeOperation : IOpenApiOperationTransformer
{
    private const string Problem = "application/problem+json";

    /// <summary>What any route answers, and where it comes from: most of it the gateway.</summary>
    private static readonly (int Status, string Description, string[] Codes)[] Everywhere =
    [
        (400, "The request can't be read.", ["invalid_request", "malformed_json", "bad_request", "unknown_parameter"]),
        (401, "No token, or one that is not valid.", ["token_required", "invalid_token"]),
        (403, "The token may not do this.", ["insufficient_scope", "address_not_allowed"]),
        (429, "Too much at once; Retry-After says when to come back.", ["rate_limited", "too_many_failures", "too_many_streams"]),
        (500, "A defect; report the trace_id.", ["internal_error"]),
        (502, "The service behind can't be reached.", ["service_unavailable"]),
        (503, "A service is away or busy; try again.", ["service_unavailable", "gateway_busy"]),
        (504, "The service behind did not answer in time.", ["service_unavailable"]),
    ];

    private static readonly (int Status, string Description, string[] Codes)[] WithBody =
    [
        (413, "The body is too large.", ["body_too_large"]),
        (415, "The body is not of a type that this route reads.", ["unsupported_media_type"]),
    ];

    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["name"] = "A name, as it was given when it was made.",
        ["id"] = "An id, as an answer gave it.",
        ["action"] = "Name of an action, as the list of actions gives it.",
        ["token"] = "A token's id or name.",
        ["version"] = "Number of a version, from 1.",
        ["limit"] = "How many a page has at most, 1 to 1000; 100 by default.",
        ["cursor"] = "The member next of the page before.",
        ["connection"] = "Name of a connection: only what belongs to it.",
        ["state"] = "Only those in this state.",
        ["stream"] = "Name of a stream; empty is a stream's name too.",
        ["level"] = "Only lines of this level and above: trace, debug, info, warn, error.",
        ["run"] = "Id of a run: only what it left.",
        ["reason"] = "Only with this reason.",
        ["type"] = "Only events of this type; * stands for any characters, such as sync.*. May be given several times.",
        ["after"] = "Id of the last event that was seen; the header Last-Event-ID wins over it.",
        ["from"] = "Without an id: beginning, all that are kept, or now.",
        ["revoked"] = "true: those too that were revoked.",
        ["overlap_seconds"] = "So long the text before works as well.",
        ["refresh"] = "true: the catalogs are read anew.",
        ["strict"] = "true: a bundle that comes out with another digest than the file says is a failure.",
        ["actor"] = "Only what the token of this name asked for.",
        ["path"] = "Only paths that begin so, such as /v1/connections/orders.",
        ["denied"] = "true: only what was refused.",
        ["since"] = "Only from this time on.",
        ["until"] = "Only before this time.",
        ["connector"] = "Name of a connector: only what belongs to it.",
    };

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var (method, path) = (context.Description.HttpMethod ?? "GET", "/" + context.Description.RelativePath?.Split('?')[0].TrimEnd('/'));
        operation.OperationId ??= IdOf(method, path);
        DescribeParameters(operation, metadata.OfType<RequestHeader>());
        if (operation.RequestBody?.Content is { } content && metadata.OfType<BodyExample>().LastOrDefault() is { } example)
            foreach (var body in content.Values)
                body.Example = JsonNode.Parse(example.Body);
        if (metadata.OfType<AnswerExample>().LastOrDefault() is { } answer)
            foreach (var media in operation.Responses?.Where(r => r.Key[0] == '2').SelectMany(r => r.Value.Content?.Values ?? []) ?? [])
                media.Example = JsonNode.Parse(answer.Answer);
        DescribeText(operation);
        DescribeScope(operation, [.. metadata.OfType<INeedsScope>().Select(needs => needs.Scope).Distinct()]);
        DescribeProblems(operation, [.. metadata.OfType<ErrorCodes>().SelectMany(codes => codes.Codes)]);
        return Task.CompletedTask;
    }

    private static void DescribeParameters(OpenApiOperation operation, IEnumerable<RequestHeader> headers)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            if (string.IsNullOrEmpty(parameter.Description) && parameter.Name is { } name && Parameters.TryGetValue(name, out var words))
                parameter.Description = words;
        operation.Parameters ??= [];
        foreach (var (name, words) in headers) operation.Parameters.Add(Header(name, words));
        if (operation.Responses?.ContainsKey("412") == true)
            operation.Parameters.Add(Header("If-Match", "The ETag that was read: the change is made if it still holds, else 412.", operation.Responses.ContainsKey("428")));
    }

    private static void DescribeScope(OpenApiOperation operation, string[] scopes)
    {
        (operation.Extensions ??= new Dictionary<string, IOpenApiExtension>())["x-required-scope"] = new JsonNodeExtension(new JsonArray([.. scopes.Select(scope => JsonValue.Create(scope))]));
        var needs = scopes.Length == 0 ? "Any token may ask for it." : $"Needs the scope {string.Join(" and ", scopes.Select(scope => $"`{scope}`"))}.";
        operation.Description = string.IsNullOrEmpty(operation.Description) ? needs : $"{operation.Description}\n\n{needs}";
    }

    private static void DescribeProblems(OpenApiOperation operation, string[] own)
    {
        operation.Responses ??= [];
        IEnumerable<(int Status, string Description, string[] Codes)> all = operation.RequestBody is null ? Everywhere : [.. Everywhere, .. WithBody];
        foreach (var (status, description, _) in all)
            operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse { Description = description });
        foreach (var (status, response) in operation.Responses.Where(r => r.Key[0] is '4' or '5'))
        {
            if (response is not OpenApiResponse answer) continue;
            answer.Content = new Dictionary<string, OpenApiMediaType> { [Problem] = new() { Schema = new OpenApiSchemaReference(DescribeDocument.ProblemName) } };
            var shared = all.FirstOrDefault(a => a.Status.ToString(CultureInfo.InvariantCulture) == status);
            answer.Description = shared.Description ?? Words(status);
            if (status is "429" or "503") (answer.Headers ??= new Dictionary<string, IOpenApiHeader>())["Retry-After"] = new OpenApiHeader { Description = "Seconds.", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer } };
        }
        operation.Extensions!["x-error-codes"] = new JsonNodeExtension(new JsonArray([.. own.Concat(all.SelectMany(a => a.Codes)).Distinct().Order(StringComparer.Ordinal).Select(code => JsonValue.Create(code))]));
    }

    /// <summary>A stream and a table are text, whatever a route names as their type; that of a line or an event does not say how these follow each other.</summary>
    private static void DescribeText(OpenApiOperation operation)
    {
        foreach (var (type, media) in operation.Responses?.Values.SelectMany(response => response.Content ?? new Dictionary<string, OpenApiMediaType>()) ?? [])
            if (type is "text/event-stream" or "text/csv")
                media.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = type == "text/csv" ? "A header and lines." : "Server-sent events; data is JSON." };
    }

    private static OpenApiParameter Header(string name, string description, bool required = false) =>
        new() { Name = name, In = ParameterLocation.Header, Description = description, Required = required, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static string Words(string status) => status switch
    {
        "404" => "There is no such thing.",
        "409" => "It does not fit the state of things.",
        "410" => "It is no more.",
        "412" => "It has changed since it was read.",
        "422" => "The body says something that can't be; errors names every field.",
        "428" => "If-Match is missing.",
        _ => "See the problem.",
    };

    // GET /v1/runs/{id}/log: GetRunsIdLog.
    private static string IdOf(string method, string path) => string.Concat(
        path.Replace("/v1", "", StringComparison.Ordinal).Split('/', '{', '}', '-').Where(part => part.Length > 0).Select(Capital).Prepend(Capital(method.ToLowerInvariant())));

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
