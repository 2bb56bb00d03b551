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
}
