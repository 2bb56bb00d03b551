using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Platform.Tests;

/// <summary>The document of all services as those read it who make clients of it: by the standard, with examples that fit.</summary>
public sealed class OpenApiSchemaTests(PlatformFixture platform)
{
    [Fact]
    public async Task It_is_OpenAPI_3_1()
    {
        var text = (await platform.Api.GetAsync("/openapi.json")).ToJsonString();
        var (document, diagnostic) = OpenApiDocument.Parse(text, "json");

        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, diagnostic!.SpecificationVersion);
        Assert.Empty(diagnostic.Errors.Concat(diagnostic.Warnings).Select(error => $"{error.Pointer}: {error.Message}"));
        Assert.NotEmpty(document!.Paths);
    }

    [Fact]
    public async Task Every_body_and_answer_has_a_schema_and_an_example_that_fits()
    {
        var document = await platform.Api.GetAsync("/openapi.json");
        var schemas = new DocumentSchemas(document);
        var complaints = new List<string>();
        foreach (var (path, operations) in document["paths"]!.AsObject())
            foreach (var (method, operation) in operations!.AsObject())
            {
                void Judge(string where, string type, JsonNode? media)
                {
                    var name = $"{method} {path}, {where} {type}";
                    if (media?["schema"] is not { } schema) complaints.Add($"{name}: no schema");
                    else if (media["example"] is not { } example) complaints.Add($"{name}: no example");
                    // The text of a stream or a table has no schema that says more than that it is text.
                    else if (type == "application/json") complaints.AddRange(schemas.Complaints(schema, example).Select(complaint => $"{name}, its example: {complaint}"));
                }

                foreach (var (type, media) in operation!["requestBody"]?["content"]?.AsObject() ?? [])
                    if (type == "application/json") Judge("body", type, media);
                foreach (var (status, response) in operation["responses"]!.AsObject().Where(r => r.Key[0] == '2'))
                {
                    if (status != "204" && response!["content"] is not JsonObject { Count: > 0 }) complaints.Add($"{method} {path}, {status}: neither empty nor with content");
                    foreach (var (type, media) in response!["content"]?.AsObject() ?? []) Judge(status, type, media);
                }
            }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Fact]
    public async Task What_an_empty_body_is_refused_for_is_what_the_schema_requires()
    {
        var document = await platform.Api.GetAsync("/openapi.json");
        var (complaints, judged) = (new List<string>(), new List<string>());
        foreach (var (path, operations) in document["paths"]!.AsObject().Where(entry => !entry.Key.Contains('{')))
            if (operations!["post"]?["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema)
            {
                var (status, problem, response) = await platform.Api.SendAsync(HttpMethod.Post, path, "{}");
                response.Dispose();
                if ((int)status != 422 || problem?["errors"] is not JsonArray errors) continue;
                var refused = errors.Where(error => (string?)error!["code"] is "required" or "missing").Select(error => (string?)error!["field"]).Order().ToList();
                var described = schema["$ref"] is { } reference ? document["components"]!["schemas"]![((string)reference!).Split('/')[^1]]! : schema;
                var required = (described["required"] as JsonArray ?? []).Select(name => (string?)name).Order().ToList();
                // One of several has to be given, or only sometimes: more than a list of names can say.
                if (!refused.Where(field => required.Contains(field) || field is not ("command" or "cron" or "image")).SequenceEqual(required)) complaints.Add($"POST {path} refuses the lack of {string.Join(", ", refused)}, and the schema requires {string.Join(", ", required)}: {problem["code"]} {string.Join(", ", errors.Select(e => e!["code"]))}");
                complaints.AddRange(required.Where(name => described["properties"]?[name!]?["type"] is JsonArray types && types.Any(type => (string?)type == "null")).Select(name => $"POST {path}: {name} is required and may be null"));
                judged.Add(path);
            }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
        Assert.Superset(new HashSet<string>(["/v1/tokens", "/v1/webhooks", "/v1/runs", "/v1/schedules", "/v1/connections"]), judged.ToHashSet());
    }
}
