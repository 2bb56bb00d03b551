using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Platform.ServiceDefaults.Tests.Specifications;

/// <summary>What holds for all specifications and all values.</summary>
public sealed class ParameterPropertyTests
{
    private const string Secret = "hunter2-and-more";

    private static readonly string[] Types = ["string", "int", "float", "bool", "file", "duration", "list", "map", "object", "any", "odd"];
    private static readonly string[] Names = ["a", "b", "a.b", "a.*", "*", "b.*.a", ""];
    private static readonly string[] Texts = ["", " ", "1", "-5", "0.5", "true", "1h3m", "a", "a,b", "[1]", "{}", "{\"a\":\"1\"}", "(", ".*", " x "];
    private static readonly string[] Rules = ["required", "greater_than", "less_than", "inclusion", "exclusion", "regex", "odd"];

    [Fact]
    public void Applied_to_its_own_result_it_changes_nothing() => Holds(input =>
    {
        var (once, errors) = ParameterRules.Apply(input.Parameters, input.Json);
        if (errors.Count > 0) return once == "{}";
        var (twice, again) = ParameterRules.Apply(input.Parameters, once);
        return again.Count == 0 && twice == once;
    });

    [Fact]
    public void A_specification_without_problems_has_only_rules_that_can_be_used() => Holds(input =>
        ParameterRules.Problems(new("x", "1", "", input.Parameters, [], [])).Count > 0
        || ParameterRules.Apply(input.Parameters, input.Json).Errors.All(e => e.Code != "unusable_rule"));

    [Fact]
    public void No_error_tells_a_value() => Holds(input =>
    {
        var filled = input.Json.Replace("\"#\"", $"\"{Secret}\"");
        return ParameterRules.Apply(input.Parameters, filled).Errors.All(e => !e.Message.Contains(Secret) && !e.Field.Contains(Secret));
    });

    [Fact]
    public void Masked_values_hold_no_secret_and_every_secret_is_found() => Holds(input =>
    {
        var parameters = input.Parameters.Select(p => p with { Secret = true }).ToArray();
        var filled = input.Json.Replace("\"#\"", $"\"{Secret}\"");
        return ParameterRules.Mask(parameters, filled) is not { } masked
            || (!masked.ToJsonString().Contains(Secret) && filled.Contains(Secret) == ParameterRules.SecretValues(parameters, filled).Any(v => v == Secret));
    });

    [Fact]
    public void Durations_are_what_their_parts_are_together() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(
        Gen.ArrayOf(Gen.Choose(0, 9999), 4).ToArbitrary(), parts =>
            GoSyntax.Duration($"-{parts[0]}h{parts[1]}.5s{parts[2]}ms{parts[3]}ns") == -(parts[0] * 3_600_000_000_000L + parts[1] * 1_000_000_000L + 500_000_000 + parts[2] * 1_000_000L + parts[3])));

    [Theory]
    [InlineData("1")]
    [InlineData(".s")]
    [InlineData("1d")]
    [InlineData("1 h")]
    [InlineData("--1s")]
    [InlineData("1s-1s")]
    [InlineData("1.5.5s")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999999999999h")]
    public void Other_durations_are_refused(string text) => Assert.Null(GoSyntax.Duration(text));

    private sealed record Input(Parameter[] Parameters, string Json)
    {
        public override string ToString() => $"{JsonSerializer.Serialize(Parameters, PlatformJson.Options)} with {Json}";
    }

    private static void Holds(Func<Input, bool> property)
    {
        var inputs = from parameters in Gen.Choose(0, 4).SelectMany(count => Gen.ArrayOf(Parameters(2), count))
                     from json in Objects(3)
                     select new Input(parameters, json.ToJsonString());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(inputs.ToArbitrary(), property));
    }

    private static Gen<Parameter> Parameters(int depth) =>
        from name in Gen.Elements(Names)
        from type in Gen.Elements(Types)
        from fallback in Gen.Frequency((3, Gen.Constant<string?>(null)), (1, Gen.Elements<string?>(Texts)))
        from rules in Gen.Choose(0, 2).SelectMany(count => Gen.ArrayOf(from rule in Gen.Elements(Rules) from value in Gen.Elements(Texts) select new Validation(rule, value), count))
        from elements in depth == 0 ? Gen.Constant<Parameter?>(null) : Gen.Frequency((1, Gen.Constant<Parameter?>(null)), (1, Parameters(depth - 1).Select(p => (Parameter?)p)))
        from properties in depth == 0 ? Gen.Constant<Parameter[]>([]) : Gen.Choose(0, 2).SelectMany(count => Gen.ArrayOf(Parameters(depth - 1), count))
        select new Parameter(name, "", type, fallback, Validations: rules, Elements: type is "list" or "map" ? elements : null, Properties: type == "object" ? properties : null);

    private static Gen<JsonNode?> Values(int depth) => Gen.Frequency<JsonNode?>(
        (3, Gen.Elements(Texts).Select(text => (JsonNode?)text)), (1, Gen.Constant("#").Select(text => (JsonNode?)text)),
        (1, Gen.Choose(-3, 1000).Select(number => (JsonNode?)number)), (1, Gen.Constant<JsonNode?>(null)),
        (1, Gen.Elements(true, false).Select(flag => (JsonNode?)flag)),
        (1, depth == 0 ? Gen.Constant<JsonNode?>(null) : Gen.Choose(0, 3).SelectMany(count => Gen.ArrayOf(Values(depth - 1), count)).Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]))),
        (1, depth == 0 ? Gen.Constant<JsonNode?>(null) : Objects(depth - 1).Select(value => (JsonNode?)value)));

    private static Gen<JsonObject> Objects(int depth) =>
        from names in Gen.Choose(0, 3).SelectMany(count => Gen.ArrayOf(Gen.Elements("a", "b", "a.b", "b.x.a", "a.a", "z"), count))
        from values in Gen.ArrayOf(Values(depth), 3)
        select new JsonObject(names.Distinct().Zip(values, (name, value) => KeyValuePair.Create(name, value?.DeepClone())));
}
