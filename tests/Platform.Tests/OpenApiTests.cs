using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The one document of all services against the services: every route, asked with and without what it needs.</summary>
public sealed class OpenApiTests(PlatformFixture platform)
{
    private const string Name = "walked";

    private static readonly string[] Scopes =
    [
        "connectors:read", "connectors:install", "connections:read", "connections:write", "runs:read", "runs:start", "objects:read", "objects:write",
        "actions:read", "actions:invoke", "events:read", "webhooks:write",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_document_is_whole()
    {
        var document = await platform.Api.GetAsync("/openapi.json");
        Assert.Equal("3.1.1", (string?)document["openapi"]);
        Assert.DoesNotContain("Incomplete", (string?)document["info"]!["description"], StringComparison.Ordinal);
        var operations = Operations(document);
        var complaints = new List<string>();
        foreach (var (method, path, operation) in operations)
        {
            void Expect(bool holds, string what)
            {
                if (!holds) complaints.Add($"{method} {path}: {what}");
            }

            Expect(!string.IsNullOrEmpty((string?)operation["operationId"]), "no operationId");
            Expect(!string.IsNullOrEmpty((string?)operation["summary"] ?? (string?)operation["description"]), "no summary");
            Expect(operation["tags"] is JsonArray { Count: > 0 }, "no tag");
            // The one that any token may ask.
            Expect(operation["x-required-scope"] is JsonArray { Count: > 0 } || path == "/v1/services", "no required scope");
            Expect(operation["x-error-codes"] is JsonArray { Count: > 0 }, "no error codes");
            var responses = operation["responses"]!.AsObject();
            Expect(responses.Any(r => r.Key[0] == '2'), "no success");
            foreach (var status in new[] { "401", "403", "429", "503" }) Expect(responses[status]?["content"]?["application/problem+json"]?["schema"] is not null, $"no problem for {status}");
            foreach (var parameter in operation["parameters"] as JsonArray ?? []) Expect(!string.IsNullOrEmpty((string?)parameter!["description"]), $"{parameter["name"]} is not described");
            foreach (var name in path.Split('/').Where(part => part.StartsWith('{')).Select(part => part[1..^1].Split(':')[0]))
                Expect((operation["parameters"] as JsonArray ?? []).Any(p => (string?)p!["name"] == name), $"{name} is no parameter");
            if (operation["requestBody"] is { } body)
                Expect(body["content"]!.AsObject().All(c => c.Value!["schema"] is not null), "a body without schema");
        }

        complaints.AddRange(operations.GroupBy(o => (string?)o.Operation["operationId"]).Where(g => g.Count() > 1).Select(g => $"{g.Key} is the id of {g.Count()} operations"));
        foreach (var reference in References(document).Distinct())
            if (reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, part) => node?[part.Replace("~1", "/", StringComparison.Ordinal)]) is null)
                complaints.Add($"{reference} leads nowhere");
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task Every_route_lets_in_whom_the_document_says_and_answers_as_it_says()
    {
        var values = await PrepareAsync();
        var document = await platform.Api.GetAsync("/openapi.json");
        var tokens = new Dictionary<string, string>();
        var complaints = new List<string>();
        // What changes comes after what looks, and what removes last.
        foreach (var (method, path, operation) in Operations(document).OrderBy(o => o.Method switch { "GET" => 0, "DELETE" => 2, _ => 1 }).ThenBy(o => o.Path, StringComparer.Ordinal))
        {
            var needed = operation["x-required-scope"]!.AsArray().Select(scope => (string)scope!).ToArray();
            async Task<(int Status, JsonNode? Body)> AskAsync(string who, params string[] scopes)
            {
                var answer = await SendAsync(method, path, operation, values, scopes.Length == 0 ? null : await TokenAsync(tokens, scopes));
                if (operation["responses"]![answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] is null)
                    complaints.Add($"{method} {path}: {who} is answered {answer.Status} {answer.Body?["code"]}, which is not declared");
                else if (answer.Status >= 400 && !operation["x-error-codes"]!.AsArray().Any(code => (string?)code == (string?)answer.Body?["code"]))
                    complaints.Add($"{method} {path}: {who} is answered {answer.Status} with the code {answer.Body?["code"]}, which is not declared");
                return answer;
            }

            void Expect(bool holds, string what)
            {
                if (!holds) complaints.Add($"{method} {path}: {what}");
            }

            var nobody = await AskAsync("nobody");
            Expect(nobody.Status == 401, $"without a token it is {nobody.Status}");
            if (needed.Length > 0)
            {
                var wrong = await AskAsync("a token without the scope", [.. Scopes.Except(needed)]);
                Expect(wrong.Status == 403 && (string?)wrong.Body?["code"] == "insufficient_scope", $"without {needed[0]} it is {wrong.Status}");
            }
            foreach (var scope in needed.Where(scope => scope != "admin" && !scope.StartsWith("connectors:", StringComparison.Ordinal)))
            {
                var foreign = await AskAsync("a token for another connection", $"{scope}:somebody-else");
                // A webhook may be made for the connections that a token covers; its example names one that this token does not.
                var isEmpty = foreign.Status == 200 && foreign.Body?["items"] is JsonArray { Count: 0 };
                Expect(foreign.Status is 403 or 404 || isEmpty || foreign.Status is 400 or 422, $"for another connection it is {foreign.Status} {foreign.Body?.ToJsonString()}");
            }

            var right = await AskAsync("a token with the scope", needed.Length == 0 ? ["events:read"] : needed);
            Expect(right.Status is not (401 or 500 or 502) && (string?)right.Body?["code"] != "insufficient_scope", $"with {string.Join(' ', needed)} it is {right.Status} {right.Body?["detail"]}");
        }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    /// <summary>One of each, so that paths lead somewhere.</summary>
    private async Task<IReadOnlyDictionary<string, string>> PrepareAsync()
    {
        await platform.InstallSampleAsync("files", Name);
        await platform.Api.ConnectAsync(Name, Name, new JsonObject { ["root"] = platform.MakeTree(Name) });
        var run = await platform.Api.SyncAsync(Name);
        var schedule = await MadeAsync("/v1/schedules", $$"""{"connection": "{{Name}}", "interval": "30d"}""");
        var actions = await platform.Api.GetAsync($"/v1/connections/{Name}/actions");
        var action = (string)actions["items"]![0]!["name"]!;
        var (_, invoked, response) = await platform.Api.SendAsync(HttpMethod.Post, $"/v1/connections/{Name}/actions/{action}", """{"arguments": {}}""");
        response.Dispose();
        await MadeAsync("/v1/tokens", $$"""{"name": "{{Name}}", "scopes": ["runs:read"]}""");
        var installs = await platform.Api.GetAsync("/v1/installs?limit=1");
        return new Dictionary<string, string>
        {
            ["/v1/runs/{id}"] = (string)run["id"]!, ["/v1/schedules/{id}"] = (string)schedule["id"]!, ["/v1/invocations/{id}"] = (string?)invoked?["id"] ?? (string?)invoked?["invocation_id"] ?? Guid.NewGuid().ToString(),
            ["/v1/installs/{id}"] = (string)installs["items"]![0]!["id"]!, ["action"] = action,
        };
    }

    private async Task<JsonNode> MadeAsync(string path, string body)
    {
        var (status, made, response) = await platform.Api.SendAsync(HttpMethod.Post, path, body);
        response.Dispose();
        Assert.True(status is HttpStatusCode.Created, $"{path}: {made}");
        return made!;
    }

    private async Task<string> TokenAsync(Dictionary<string, string> tokens, string[] scopes)
    {
        var key = string.Join(' ', scopes);
        if (!tokens.TryGetValue(key, out var text))
            tokens[key] = text = (string)(await MadeAsync("/v1/tokens", new JsonObject { ["name"] = $"walk-{Guid.NewGuid():N}", ["scopes"] = new JsonArray([.. scopes.Select(s => JsonValue.Create(s))]) }.ToJsonString()))["token"]!;
        return text;
    }

    private async Task<(int Status, JsonNode? Body)> SendAsync(string method, string path, JsonNode operation, IReadOnlyDictionary<string, string> values, string? token)
    {
        var parts = path.Split('/').Select((part, i) => part.StartsWith('{') ? ValueOf(part[1..^1].Split(':')[0], string.Join('/', path.Split('/').Take(i + 1)), values) : part);
        using var request = new HttpRequestMessage(new(method), new Uri(platform.GatewayUrl, string.Join('/', parts)));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (operation["requestBody"]?["content"] is JsonObject content)
            request.Content = new StringContent(content.First().Value!["example"]?.ToJsonString() ?? "{}", Encoding.UTF8, MediaTypeHeaderValue.Parse(content.First().Key));
        using var http = new HttpClient { Timeout = Limits.Run };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        // Of a stream only its beginning counts.
        var isJson = response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json";
        var text = isJson ? await response.Content.ReadAsStringAsync(Cancel) : "";
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    private static string ValueOf(string parameter, string path, IReadOnlyDictionary<string, string> values) => parameter switch
    {
        "name" or "token" => Name,
        "version" => "1",
        "action" => values["action"],
        _ => values.GetValueOrDefault(path.Split(':')[0].TrimEnd('}') + "}") ?? (path.Contains("rejects", StringComparison.Ordinal) || path.Contains("deliveries", StringComparison.Ordinal) ? "1" : Guid.NewGuid().ToString()),
    };

    private static List<(string Method, string Path, JsonNode Operation)> Operations(JsonNode document) =>
        [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (operation.Key.ToUpperInvariant(), path.Key, operation.Value!)))];

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(member => member is { Key: "$ref", Value: JsonValue text } ? [text.GetValue<string>()] : References(member.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };
}
