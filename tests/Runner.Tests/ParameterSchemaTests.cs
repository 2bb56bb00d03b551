using System.Text.Json.Nodes;
using Platform.Runner.Invocations;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>Parameters as a JSON Schema.</summary>
public sealed class ParameterSchemaTests
{
    [Fact]
    public void Nothing_but_the_named_parameters_is_allowed()
    {
        AssertSchema("""{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {}, "additionalProperties": false}""",
            ParameterSchema.OfArguments([]));
    }

    [Theory]
    [InlineData("string", "x", """{"type": "string", "default": "x"}""")]
    [InlineData("int", "-7", """{"type": "integer", "default": -7}""")]
    [InlineData("float", "0.5", """{"type": "number", "default": 0.5}""")]
    [InlineData("bool", "T", """{"type": "boolean", "default": true}""")]
    [InlineData("file", null, """{"type": "string"}""")]
    [InlineData("list", "[1]", """{"type": "array", "default": [1]}""")]
    [InlineData("map", null, """{"type": "object"}""")]
    [InlineData("object", null, """{"type": "object"}""")]
    [InlineData("any", null, "{}")]
    [InlineData("int", "seven", """{"type": "integer"}""")]
    public void A_type_and_its_default_are_json_s_own(string type, string? @default, string expected) =>
        AssertMember(expected, new Parameter("p", "", type, @default));

    [Fact]
    public void Validations_become_keywords()
    {
        AssertMember("""{"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}""", Parameter("int", ("greater_than", "0"), ("less_than", "10")));
        AssertMember("""{"type": "number", "exclusiveMinimum": 0.25}""", Parameter("float", ("greater_than", "0.25")));
        AssertMember("""{"type": "integer", "enum": [1, 2]}""", Parameter("int", ("inclusion", "1, 2")));
        AssertMember("""{"type": "string", "not": {"enum": ["a", "b"]}}""", Parameter("string", ("exclusion", "a,b")));
        AssertMember("""{"type": "string", "pattern": "^a+$"}""", Parameter("string", ("regex", "^a+$")));
        AssertMember("""{"type": "integer", "minimum": 0, "maximum": 10}""", Parameter("int", ("minimum", "0"), ("maximum", "10")));
        AssertMember("""{"type": "string", "enum": ["a,b", ""]}""", Parameter("string", ("enumeration", """["a,b", ""]""")));
    }

    [Fact]
    public void What_is_required_is_required_unless_it_has_a_default()
    {
        var schema = ParameterSchema.OfArguments(
        [
            Parameter("string", ("required", "")) with { Name = "a" }, Parameter("int", ("required", "")) with { Name = "b" },
            Parameter("string", ("required", "")) with { Name = "c", Default = "x" }, Parameter("string") with { Name = "d" },
        ]);

        Assert.Equal("""["a","b"]""", schema["required"]!.ToJsonString());
        Assert.Equal(1, schema["properties"]!["a"]!["minLength"]!.GetValue<int>());
        Assert.Null(schema["properties"]!["c"]!["minLength"]);
    }

    [Fact]
    public void Where_blank_text_is_a_value_it_may_be_required_and_a_default()
    {
        AssertMember("""{"type": "string"}""", Parameter("string", ("required", "")) with { Verbatim = true });
        AssertMember("""{"type": "string", "default": ""}""", Parameter("string", ("required", "")) with { Verbatim = true, Default = "" });
    }

    [Fact]
    public void An_answer_may_hold_more_than_is_named() => AssertSchema(
        """{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"q": {"type": "string"}}}""",
        ParameterSchema.OfResult(new("", "", "object", Properties: [Parameter("string") with { Name = "q" }]))!);

    [Fact]
    public void Secrets_are_write_only_and_descriptions_stand_there() =>
        AssertMember("""{"type": "string", "description": "Of the account.", "writeOnly": true}""", new Parameter("p", "Of the account.", "string", Secret: true));

    [Fact]
    public void Lists_maps_and_objects_hold_what_they_hold()
    {
        AssertMember("""{"type": "array", "items": {"type": "integer"}}""", new Parameter("p", "", "list", Elements: new("", "", "int")));
        AssertMember("""{"type": "object", "additionalProperties": {"type": "boolean"}}""", new Parameter("p", "", "map", Elements: new("", "", "bool")));
        AssertMember("""{"type": "object", "properties": {"q": {"type": "string", "minLength": 1}}, "required": ["q"], "additionalProperties": false}""",
            new Parameter("p", "", "object", Properties: [Parameter("string", ("required", "")) with { Name = "q" }]));
    }

    [Fact]
    public void A_name_with_an_asterisk_is_a_pattern_of_names()
    {
        var schema = ParameterSchema.OfArguments([new("table.*.format", "", "string")]);

        Assert.Empty(schema["properties"]!.AsObject());
        AssertSchema("""{"^table\\.[^.]+\\.format$": {"type": "string"}}""", schema["patternProperties"]!.AsObject());
    }

    private static Parameter Parameter(string type, params (string Type, string Value)[] validations) =>
        new("p", "", type, Validations: [.. validations.Select(v => new Validation(v.Type, v.Value))]);

    private static void AssertMember(string expected, Parameter parameter) =>
        AssertSchema(expected, ParameterSchema.OfArguments([parameter])["properties"]![parameter.Name]!.AsObject());

    private static void AssertSchema(string expected, JsonObject schema) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), schema), schema.ToJsonString());
}
