using System.Text.Json.Nodes;
using Platform.Oms;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Invocations;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Oms;

/// <summary>A described service as the platform sees it.</summary>
public sealed class OmsSpecificationTests
{
    private static readonly OmsHttp Get = new("GET", 80, "/{id}", null, OmsHttp.Json);

    [Fact]
    public void A_service_is_actions_options_and_streams()
    {
        var service = Service(
            [Action(Get, new OmsArgument("id", OmsTypes.Int, In: OmsIn.Path)) with { Help = "Gets it.", Deprecated = true, Output = new(OmsTypes.Map, Help: "All of it.") }],
            [new("TOKEN", OmsTypes.String, true, null, "^t-", true, false, "Of the account."), new("retries", OmsTypes.Int, false, "0", null, false, false, "")],
            [
                new("created", "One is new.", [], new(), Get, null), new("broken", "", [], new(), Get, null, "it has no path"), new("none", "", [], new(), null, null),
            ]);

        var specification = OmsSpecification.Of(service, out var leftOut);

        Assert.Empty(leftOut);
        Assert.Equal(("Files", "1.2", "Keeps them.", false), (specification.Name, specification.Version, specification.Summary, specification.CanSync));
        Assert.Equal([("created", "One is new.", true)], specification.Streams.Select(s => (s.Name, s.Description, s.Incremental)));
        Assert.Equal([("TOKEN", "string", true, true), ("retries", "int", false, false)], specification.Parameters.Select(p => (p.Name, p.Type, p.IsRequired, p.Secret)));
        var action = Assert.Single(specification.Actions);
        Assert.Equal(("act", "Deprecated. Gets it.", true, "map", "All of it."), (action.Name, action.Description, action.Idempotent, action.Result!.Type, action.Result.Description));
        Assert.True(Assert.Single(action.Parameters).IsRequired);
        Assert.Empty(ParameterRules.Problems(specification));
        Assert.Equal(specification.ToJson(), ConnectorSpecification.FromJson(specification.ToJson())!.ToJson());
        Assert.Equal([("TOKEN", "no_match")], Errors(specification.Parameters, """{"TOKEN": ""}"""));
    }

    [Theory]
    [InlineData("GET", true, true)]
    [InlineData("PUT", true, true)]
    [InlineData("DELETE", true, true)]
    [InlineData("POST", true, false)]
    [InlineData("PATCH", true, false)]
    [InlineData("GET", false, false)]
    public void The_method_says_what_is_idempotent_unless_the_author_knows_better(string method, bool retry, bool expected) =>
        Assert.Equal(expected, Single(Action(new OmsHttp(method, 80, "/", null, OmsHttp.Json)) with { Retry = retry }).Idempotent);

    [Fact]
    public void Actions_of_other_interfaces_are_not_idempotent_and_nothing_declared_is_no_result()
    {
        var action = Single(Action(new OmsCommand(["a"])) with { Output = new(OmsTypes.None) });

        Assert.Equal((false, null), (action.Idempotent, action.Result));
    }

    [Fact]
    public void What_can_t_be_used_is_left_out_alone_and_with_its_reason()
    {
        var specification = OmsSpecification.Of(
            Service(
                [
                    Action(Get) with { Name = "good" }, Action(null) with { Name = "none" }, Action(Get) with { Name = "bad", Unusable = "its port is no number" },
                    Action(Get, new OmsArgument("a", OmsTypes.String, Pattern: "(")) with { Name = "pattern" }, Action(Get) with { Name = "no name" },
                ],
                [new("a", OmsTypes.String, true, null, "(", false, false, ""), new(" b ", OmsTypes.String, false, null, null, false, false, "")]), out var leftOut);

        Assert.Equal(["good"], specification.Actions.Select(a => a.Name));
        Assert.Equal(["none: it has no interface", "bad: its port is no number", "pattern: action 'pattern', parameter 'a', regex: its value is not a regular expression."], leftOut.Take(3));
        Assert.Equal(4, leftOut.Count);
        Assert.True(Assert.Single(specification.Parameters).IsRequired);
    }

    [Fact]
    public void Arguments_are_checked_as_they_are_declared()
    {
        var parameters = Single(Action(
            Get, new OmsArgument("id", OmsTypes.String, In: OmsIn.Path), new("size", OmsTypes.Int, Min: 0, Max: 10), new("rate", OmsTypes.Float, Min: 0.5),
            new("how", OmsTypes.String, Enum: ["\"a,b\"", "\"\""]), new("level", OmsTypes.Any, Enum: ["1", "\"1\"", "{\"a\":[2]}"]), new("word", OmsTypes.String, Pattern: "^(?!no)"),
            new("tags", OmsTypes.List, Elements: new("", OmsTypes.String, Pattern: "^[a-z]*$")), new("ages", OmsTypes.Map, Elements: new("", OmsTypes.Int, Max: 150)),
            new("of", OmsTypes.Object, Properties: [new("on", OmsTypes.Boolean, Required: true), new("off", OmsTypes.Boolean, Default: "false")]))).Parameters;

        Assert.Equal(
            [
                ("id", "required"), ("size", "out_of_range"), ("rate", "out_of_range"), ("how", "not_allowed"), ("level", "not_allowed"), ("word", "no_match"),
                ("tags[1]", "no_match"), ("ages.b", "out_of_range"), ("of.on", "wrong_type"),
            ],
            Errors(parameters, """
                {"id": null, "size": 11, "rate": 0.4, "how": "a", "level": {"a": [1]}, "word": "none", "tags": ["", "A"], "ages": {"a": 150, "b": 151}, "of": {"on": ""}}
                """));
        const string Good = """{"id":" ","size":10,"rate":0.5,"how":"","level":{"a":[2.0]},"word":"yes","tags":["",""],"ages":{"a":0},"of":{"on":false,"off":false}}""";
        Assert.Equal((Good, 0), (ParameterRules.Apply(parameters, Good).Json, ParameterRules.Apply(parameters, Good).Errors.Count));
    }

    [Theory]
    [InlineData(OmsTypes.String, "\"\"", "\"\"")]
    [InlineData(OmsTypes.String, "\" a \"", "\" a \"")]
    [InlineData(OmsTypes.Int, "0", "0")]
    [InlineData(OmsTypes.Boolean, "false", "false")]
    [InlineData(OmsTypes.List, "[]", "[]")]
    [InlineData(OmsTypes.Any, "\"\"", "\"\"")]
    [InlineData(OmsTypes.Any, "\"1\"", "\"1\"")]
    [InlineData(OmsTypes.Int, "0.01", null)]
    [InlineData(OmsTypes.String, "null", null)]
    public void A_default_stands_in_unless_it_does_not_fit(string type, string @default, string? expected)
    {
        var parameters = Single(Action(Get, new OmsArgument("a", type, Default: @default, Required: true))).Parameters;

        Assert.Equal(expected is null ? "{}" : $"{{\"a\":{expected}}}", ParameterRules.Apply(parameters, "{}").Json);
    }

    [Fact]
    public void The_schema_says_it_all()
    {
        var schema = ParameterSchema.OfArguments(Single(Action(
            Get, new OmsArgument("size", OmsTypes.Int, Min: 0, Max: 10), new("how", OmsTypes.String, Required: true, Enum: ["\"a,b\"", "\"\""], Help: "So."),
            new("word", OmsTypes.String, Default: "\"\"", Pattern: "^a*$"))).Parameters);

        const string Expected = """
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["how"], "additionalProperties": false, "properties": {
              "size": {"type": "integer", "minimum": 0, "maximum": 10}, "how": {"type": "string", "enum": ["a,b", ""], "description": "So."},
              "word": {"type": "string", "default": "", "pattern": "^a*$"}}}
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Expected), schema), schema.ToJsonString());
    }

    [Fact]
    public void The_schema_of_a_result_leaves_room_for_more()
    {
        var output = new OmsOutput(OmsTypes.List, Elements: new("", OmsTypes.Object, Properties: [new("a", OmsTypes.Int, Required: true)]));

        var schema = ParameterSchema.OfResult(Single(Action(Get) with { Output = output }).Result)!;

        const string Expected = """
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Expected), schema), schema.ToJsonString());
    }

    private static OmsService Service(IReadOnlyList<OmsAction> actions, IReadOnlyList<OmsVariable> environment, IReadOnlyList<OmsEvent>? events = null) =>
        new(new("Files", "1.2", "Keeps them."), new(), null, environment, [], [], actions, events ?? [], []);

    private static OmsAction Action(OmsInterface? by, params OmsArgument[] arguments) => new("act", "", false, arguments, new(), by);

    private static ActionSpecification Single(OmsAction action)
    {
        var specification = OmsSpecification.Of(Service([action], []), out var leftOut);
        Assert.Empty(leftOut);
        return Assert.Single(specification.Actions);
    }

    private static List<(string, string)> Errors(IReadOnlyList<Parameter> parameters, string json) =>
        [.. ParameterRules.Apply(parameters, json).Errors.Select(e => (e.Field, e.Code))];
}
