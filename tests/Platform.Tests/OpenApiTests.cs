using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The one document of all services against the services: every route, asked with and without what it needs.</summary>
public sealed class OpenApiTests(PlatformFixture platform)
{
    private const string Name = "walked";

    /// <summary>Who may ask and is refused nevertheless, and why: all others succeed with the examples of the document.</summary>
    private static readonly Dictionary<string, (int Status, string Why)> Refusals = new()
    {
        ["POST /v1/runs/{id}/cancel"] = (409, "the run has ended"),
        ["POST /v1/invocations/{id}/cancel"] = (409, "the invocation has ended"),
        ["POST /v1/installs/{id}/cancel"] = (409, "the install has ended"),
        ["POST /v1/connections/{name}/query"] = (422, "the connector takes no queries"),
        ["POST /v1/connections/{name}/query/explain"] = (422, "the connector takes no queries"),
        ["POST /v1/connections/{name}/subscriptions"] = (404, "the connector publishes nothing"),
        ["GET /v1/connections/{name}/subscriptions/{id}"] = (404, "the connector publishes nothing"),
        ["DELETE /v1/connections/{name}/subscriptions/{id}"] = (404, "the connector publishes nothing"),
        ["GET /v1/rejects/{id}"] = (404, "nothing was rejected"),
        ["GET /v1/rejects/{id}/raw"] = (404, "nothing was rejected"),
        ["POST /v1/rejects/{id}/replay"] = (404, "nothing was rejected"),
        ["DELETE /v1/rejects/{id}"] = (404, "nothing was rejected"),
        ["GET /v1/images/builds/{id}"] = (404, "nothing is built"),
        ["GET /v1/images/builds/{id}/log"] = (404, "nothing is built"),
        ["POST /v1/images/builds"] = (422, "the folder of the example is not there"),
        ["POST /v1/images/check"] = (404, "the image of the example is not there"),
        ["POST /v1/images/validations"] = (422, "the folder of the example is not there"),
        ["POST /v1/images/configurations/updates"] = (422, "the folder of the example is not there"),
        ["POST /v1/images/configurations/upgrades"] = (422, "the folder of the example is not there"),
        ["POST /v1/webhooks/{name}/deliveries/{id}/replay"] = (404, "no letter is dead"),
    };

    private static readonly string[] Last = ["/v1/connections/{name}", "/v1/connectors/{name}"];

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
        var schemas = new DocumentSchemas(document);
        var complaints = new List<string>();
        // What changes comes after what looks, and what removes last, the connection and its connector at the very end.
        foreach (var (method, path, operation) in Operations(document)
            .OrderBy(o => o.Method switch { "GET" => 0, "DELETE" => 2, _ => 1 }).ThenBy(o => o.Method == "DELETE" ? Array.IndexOf(Last, o.Path) : 0).ThenBy(o => o.Path, StringComparer.Ordinal))
        {
            var needed = operation["x-required-scope"]!.AsArray().Select(scope => (string)scope!).ToArray();
            async Task<(int Status, JsonNode? Body)> AskAsync(string who, params string[] scopes)
            {
                var answer = await SendAsync(method, path, operation, values, scopes.Length == 0 ? null : await TokenAsync(tokens, scopes));
                if (operation["responses"]![answer.Status.ToString(CultureInfo.InvariantCulture)] is null)
                    complaints.Add($"{method} {path}: {who} is answered {answer.Status} {answer.Body?["code"]}, which is not declared");
                else if (answer.Status >= 400 && !operation["x-error-codes"]!.AsArray().Any(code => (string?)code == (string?)answer.Body?["code"]))
                    complaints.Add($"{method} {path}: {who} is answered {answer.Status} with the code {answer.Body?["code"]}, which is not declared");
                return answer;
            }

            void Expect(bool holds, string what)
            {
                if (!holds) complaints.Add($"{method} {path}: {what}");
            }

            if (method == "DELETE") await RunsEndAsync();
            if (path == "/v1/lock") await InstallsEndAsync();
            if (method == "DELETE" && path == Last[^1]) await RemoveMadeAsync();
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
            var (expected, why) = Refusals.GetValueOrDefault($"{method} {path}", (200, "the document's own example"));
            Expect(right.Status == expected || expected == 200 && right.Status is > 200 and < 300,
                $"with {string.Join(' ', needed)} it is {right.Status} {right.Body?["detail"]} {right.Body?["errors"]?.ToJsonString()}, not {expected} ({why})");
            if (right is { Status: < 300, Body: { } body } && operation["responses"]![right.Status.ToString(CultureInfo.InvariantCulture)]?["content"]?["application/json"]?["schema"] is { } schema)
                complaints.AddRange(schemas.Complaints(schema, body).Select(complaint => $"{method} {path}: its answer: {complaint}"));
        }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    /// <summary>One of each, so that paths lead somewhere.</summary>
    private async Task<IReadOnlyDictionary<string, string>> PrepareAsync()
    {
        // Two versions, so that there is one to go back to and one to remove.
        await platform.InstallSampleAsync("files", Name);
        var next = await platform.ManifestAsync("files", Name);
        next["version"] = "2";
        Assert.Equal("succeeded", (string?)(await platform.Api.InstallAsync(next))["state"]);
        await platform.Api.ConnectAsync(Name, Name, new JsonObject { ["root"] = platform.MakeTree(Name) });
        var run = await platform.Api.SyncAsync(Name);
        var schedule = await MadeAsync("/v1/schedules", $$"""{"connection": "{{Name}}", "name": "first", "interval": "30d"}""");
        var actions = await platform.Api.GetAsync($"/v1/connections/{Name}/actions");
        var action = (string)actions["items"]![0]!["name"]!;
        var (_, invoked, response) = await platform.Api.SendAsync(HttpMethod.Post, $"/v1/connections/{Name}/actions/{action}", """{"arguments": {"path": "a.txt"}}""");
        response.Dispose();
        await MadeAsync("/v1/webhooks", $$"""{"name": "{{Name}}", "url": "http://{{PlatformFixture.DeadTarget}}/", "types": ["sync.*"], "connections": ["{{Name}}"]}""");
        await MadeAsync("/v1/tokens", $$"""{"name": "{{Name}}", "scopes": ["runs:read"]}""");
        var installs = await platform.Api.GetAsync("/v1/installs?limit=1");
        return new Dictionary<string, string>
        {
            ["/v1/runs/{id}"] = (string)run["id"]!, ["/v1/schedules/{id}"] = (string)schedule["id"]!, ["/v1/invocations/{id}"] = (string?)invoked?["id"] ?? (string?)invoked?["invocation_id"] ?? Guid.NewGuid().ToString(),
            ["/v1/installs/{id}"] = (string)installs["items"]![0]!["id"]!, ["action"] = action,
        };
    }

    /// <summary>What a run uses can't be removed, and the walk has started some.</summary>
    private Task RunsEndAsync() => Limits.UntilAsync("the walk's runs to end", Limits.Run, async () =>
        (await platform.Api.GetAsync("/v1/runs?limit=1000"))["items"]!.AsArray().Any(run => (string?)run!["connector"] == Name && (string?)run["state"] is "queued" or "running") ? null : Name);

    /// <summary>A connector that is being installed is not brought to another version, and the walk has begun some.</summary>
    private Task InstallsEndAsync() => Limits.UntilAsync("the walk's installs to end", Limits.Install, async () =>
        (await platform.Api.GetAsync($"/v1/installs?connector={Name}"))["items"]!.AsArray().All(install => install!["finished_at"] is not null) ? Name : null);

    /// <summary>The connection that the walk made by the example: a connector that is in use stays.</summary>
    private async Task RemoveMadeAsync()
    {
        var (status, _, response) = await platform.Api.SendAsync(HttpMethod.Delete, $"/v1/connections/{Name}-made");
        response.Dispose();
        Assert.Equal(HttpStatusCode.NoContent, status);
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
        using var request = new HttpRequestMessage(new(method), new Uri(platform.GatewayUrl, string.Join('/', parts) + (path == "/v1/objects/export" ? $"?connection={Name}" : "")));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (operation["requestBody"]?["content"] is JsonObject content)
            request.Content = new StringContent(BodyOf(content.First().Value!, method == "POST" && !path.EndsWith('}') && path.Split('/').Length == 3), Encoding.UTF8, MediaTypeHeaderValue.Parse(content.First().Key));
        if (operation["parameters"] is JsonArray parameters && parameters.Any(p => (string?)p!["name"] == "If-Match")) request.Headers.TryAddWithoutValidation("If-Match", "*");
        if (operation["responses"]!["200"]?["content"]?["application/json"] is not null) request.Headers.Accept.Add(new("application/json"));
        using var http = new HttpClient { Timeout = Limits.Run };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        // Of a stream only its beginning counts.
        var isJson = response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json";
        var text = isJson ? await response.Content.ReadAsStringAsync(Cancel) : "";
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    /// <summary>The example, with things that are there in place of its own.</summary>
    /// <param name="creates">What it names is new.</param>
    private string BodyOf(JsonNode media, bool creates)
    {
        var body = JsonNode.Parse(media["example"]!.ToJsonString()
            .Replace("\"orders\"", $"\"{Name}\"", StringComparison.Ordinal)
            .Replace("\"files\"", $"\"{Name}\"", StringComparison.Ordinal)
            .Replace("\"/srv/orders\"", $"\"{Path.Combine(platform.Sources, Name)}\"", StringComparison.Ordinal)
            .Replace("https://example.org/hooks", $"http://{PlatformFixture.DeadTarget}/hooks", StringComparison.Ordinal))!.AsObject();
        if (creates && body["name"] is not null) body["name"] = $"{Name}-made";
        if (body["arguments"] is JsonObject { Count: 0 } && body["wait_seconds"] is not null) body["arguments"] = new JsonObject { ["path"] = "a.txt" };
        return body.ToJsonString();
    }

    // Other tests have things rejected, so that 1 may be there.
    private const string NeverGiven = "9223372036854775807";

    private static string ValueOf(string parameter, string path, IReadOnlyDictionary<string, string> values) => parameter switch
    {
        "name" or "token" => Name,
        "version" => "1",
        "action" => values["action"],
        _ => values.GetValueOrDefault(path.Split(':')[0].TrimEnd('}') + "}") ?? (path.Contains("rejects", StringComparison.Ordinal) || path.Contains("deliveries", StringComparison.Ordinal) ? NeverGiven : Guid.NewGuid().ToString()),
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
