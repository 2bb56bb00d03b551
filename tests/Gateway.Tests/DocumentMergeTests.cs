using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Gateway.OpenApi;

namespace Platform.Gateway.Tests;

public sealed class DocumentMergeTests
{
    [Fact]
    public void A_component_that_two_services_define_differently_is_kept_twice_and_each_reference_finds_its_own()
    {
        var merge = new DocumentMerge();
        merge.Add("a", Document("/v1/a", "string"));
        merge.Add("b", Document("/v1/b", "integer"));
        var document = JsonDocument.Parse(merge.ToJson()).RootElement;

        Assert.Equal("string", TypeBehind(document, "/v1/a"));
        Assert.Equal("integer", TypeBehind(document, "/v1/b"));
    }

    [Fact]
    public void The_same_component_is_kept_once()
    {
        var merge = new DocumentMerge();
        merge.Add("a", Document("/v1/a", "string"));
        merge.Add("b", Document("/v1/b", "string"));

        Assert.Single(JsonDocument.Parse(merge.ToJson()).RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject());
    }

    private static JsonObject Document(string path, string type) => (JsonObject)JsonNode.Parse($$"""
        { "paths": { "{{path}}": { "get": { "schema": { "$ref": "#/components/schemas/Item" } } } }, "components": { "schemas": { "Item": { "type": "{{type}}" } } } }
        """)!;

    private static string? TypeBehind(JsonElement document, string path)
    {
        var reference = document.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("schema").GetProperty("$ref").GetString()!;
        return reference.Split('/')[1..].Aggregate(document, (at, name) => at.GetProperty(name)).GetProperty("type").GetString();
    }
}
