using System.Diagnostics;

namespace Platform.ServiceDefaults.Tests.Specifications;

public sealed class ParameterRulesTests
{
    [Theory]
    [InlineData("int", "\" +7 \"", "7")]
    [InlineData("int", "9223372036854775807", "9223372036854775807")]
    [InlineData("int", "\"-9223372036854775808\"", "-9223372036854775808")]
    [InlineData("float", "\"1e3\"", "1000")]
    [InlineData("float", "0.10", "0.10")]
    [InlineData("bool", "\"T\"", "true")]
    [InlineData("bool", "\"0\"", "false")]
    [InlineData("bool", "true", "true")]
    [InlineData("duration", "\" 1h3m \"", "\"1h3m\"")]
    [InlineData("string", "\"  ä \"", "\"ä\"")]
    [InlineData("file", "\"key\\n\"", "\"key\\n\"")]
    [InlineData("list", "[1,\"a\",null]", "[1,\"a\",null]")]
    [InlineData("map", "{\"a\":[1]}", "{\"a\":[1]}")]
    [InlineData("object", "{\"a\":1e999}", "{\"a\":1e999}")]
    [InlineData("any", "12345678901234567890", "12345678901234567890")]
    public void A_value_becomes_what_its_type_says(string type, string given, string taken) =>
        Assert.Equal($"{{\"v\":{taken}}}", Good([Of("v", type)], $"{{\"v\":{given}}}"));

    [Theory]
    [InlineData("int", "1.5")]
    [InlineData("int", "9223372036854775808")]
    [InlineData("int", "\"0x10\"")]
    [InlineData("int", "\"1_000\"")]
    [InlineData("int", "true")]
    [InlineData("float", "\"NaN\"")]
    [InlineData("float", "1e999")]
    [InlineData("float", "\"1,5\"")]
    [InlineData("bool", "\"yes\"")]
    [InlineData("bool", "1")]
    [InlineData("duration", "\"5\"")]
    [InlineData("duration", "5")]
    [InlineData("string", "5")]
    [InlineData("list", "\"a\"")]
    [InlineData("map", "[]")]
    [InlineData("object", "\"a\"")]
    [InlineData("set", "1")]
    public void A_value_of_another_type_is_an_error(string type, string given) =>
        Assert.Equal([("v", "wrong_type")], Errors([Of("v", type)], $"{{\"v\":{given}}}"));

    [Fact]
    public void All_errors_are_told_at_once_with_their_paths()
    {
        Parameter[] parameters =
        [
            Of("name", "string", Required), Of("limits", "object") with { Properties = [Of("size", "int", new Validation("less_than", "10")), Of("age", "duration", new Validation("greater_than", "1s"))] },
            Of("tables", "list") with { Elements = Of("", "object") with { Properties = [Of("name", "string", Required)] } },
            Of("headers", "map") with { Elements = Of("", "string", new Validation("regex", "^[a-z]+$")) },
        ];
        Assert.Equal(
            [
                ("nmae", "unknown_field"), ("name", "required"), ("limits.depth", "unknown_field"), ("limits.size", "out_of_range"), ("limits.age", "out_of_range"),
                ("tables[1].name", "required"), ("headers.accept", "no_match"),
            ],
            Errors(parameters, """{"nmae": "x", "limits": {"size": 10, "age": "1s", "depth": 3}, "tables": [{"name": "a"}, {"name": " "}], "headers": {"accept": "A1", "ok": "a"}}"""));
    }

    [Fact]
    public void A_name_that_is_not_known_gets_the_one_that_may_be_meant()
    {
        var errors = ParameterRules.Apply([Of("table_name", "string"), Of("size", "int")], """{"tableNames": "a", "colour": 1}""").Errors;
        Assert.Equal(["There is no such field. Is table_name meant?", "There is no such field. Known are table_name, size."], errors.Select(e => e.Message));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"n": null, "o": null, "f": null, "d": "", "l": null}""")]
    [InlineData("""{"n": " ", "d": "\t", "f": ""}""")]
    [InlineData("  ")]
    public void Defaults_stand_in_for_what_is_absent_null_or_blank(string given) => Assert.Equal(
        """{"n":5,"d":"1m","l":["a"],"o":{"size":3}}""",
        Good(
            [
                Of("n", "int", Required) with { Default = " 5 " }, Of("f", "float", new Validation("greater_than", "1")), Of("d", "duration") with { Default = "1m" },
                Of("l", "list") with { Default = """["a"]""" }, Of("o", "object") with { Default = "{}", Properties = [Of("size", "int") with { Default = "3" }] },
            ], given));

    [Theory]
    [InlineData("int", "greater_than", "5", "5", false)]
    [InlineData("int", "greater_than", "4.5", "5", true)]
    [InlineData("int", "less_than", "9223372036854775807", "9223372036854775806", true)]
    [InlineData("int", "less_than", "9223372036854775807", "9223372036854775807", false)]
    [InlineData("float", "less_than", "0.5", "0.5", false)]
    [InlineData("string", "greater_than", "5", "\"x\"", false)]
    [InlineData("duration", "greater_than", "1m", "\"61s\"", true)]
    [InlineData("string", "inclusion", "a, b", "\"b\"", true)]
    [InlineData("string", "inclusion", "a,b", "\"B\"", false)]
    [InlineData("int", "inclusion", "1,2", "\"02\"", true)]
    [InlineData("duration", "exclusion", "60s", "\"1m\"", false)]
    [InlineData("bool", "inclusion", "t", "true", true)]
    [InlineData("string", "exclusion", "a,b", "\"c\"", true)]
    [InlineData("string", "regex", "b.d", "\"abcde\"", true)]
    [InlineData("string", "regex", "^b", "\"abc\"", false)]
    [InlineData("string", "regex", "(", "\"abc\"", false)]
    [InlineData("string", "odd", "1", "\"abc\"", false)]
    [InlineData("string", "regex", "^$", "\" \"", true)]
    public void A_validation_is_held(string type, string rule, string value, string given, bool passes) =>
        Assert.Equal(passes, Errors([Of("v", type, new Validation(rule, value))], $"{{\"v\":{given}}}") is []);

    [Fact]
    public void A_star_in_a_name_stands_for_any_segment()
    {
        Parameter[] parameters =
        [
            Of("tables.*.key", "string", Required), Of("tables.*.format", "string") with { Default = "csv" }, Of("tables.main.format", "string"),
        ];
        Assert.Equal("""{"tables.users.key":"id","tables.main.key":"no","tables.users.format":"csv"}""", Good(parameters, """{"tables.users.key":"id","tables.main.key":"no"}"""));
        Assert.Equal(
            [("tables.users", "unknown_field"), ("tables.users.key.x", "unknown_field"), ("tables..key", "unknown_field"), ("tables.a.key", "required")],
            Errors(parameters, """{"tables.users": 1, "tables.users.key.x": 1, "tables..key": 1, "tables.a.format": "b"}"""));
    }

    [Fact]
    public void A_default_may_begin_the_names_of_others() => Assert.Equal(
        """{"a.b.c":"2","a.b":"1"}""", Good([Of("a.*.c", "string") with { Default = "2" }, Of("a.b", "string") with { Default = "1" }, Of("*", "int", Required)], "{}"));

    [Theory]
    [InlineData("[]", "wrong_type")]
    [InlineData("\"a\"", "wrong_type")]
    [InlineData("{", "malformed_json")]
    [InlineData("{\"v\": \"\\ud800\"}", "malformed_json")]
    [InlineData("{\"\\ud800\": 1}", "malformed_json")]
    public void What_is_no_object_is_an_error_of_the_whole(string json, string code) => Assert.Equal([("", code)], Errors([Of("v", "string")], json));

    [Fact]
    public void Names_that_stand_twice_are_errors_wherever_they_are() => Assert.Equal(
        [("v", "duplicate_field"), ("v", "duplicate_field"), ("m.a", "duplicate_field")],
        Errors([Of("v", "any"), Of("m", "map") with { Elements = Of("", "int") }], """{"v": {"a": [{"b": 1, "b": 2}]}, "v": 1, "m": {"a": 1, "a": 2}}"""));

    [Fact]
    public void Depth_and_the_number_of_errors_are_bounded()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40));
        Assert.Equal([("", "malformed_json")], Errors([Of("v", "any")], $"{{\"v\":{deep}}}"));
        var many = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"n{i}\":1"));
        Assert.Equal(ParameterRules.MaxErrors, ParameterRules.Apply([Of("v", "any")], $"{{{many}}}").Errors.Count);
    }

    [Fact]
    public void Problems_of_a_specification_are_all_told()
    {
        var specification = new ConnectorSpecification(
            "x", "1", "", [
                Of("a", "text"), Of("b", "int", new Validation("greater_than", "x"), new("regex", "(?=a)"), new("larger", "1")), Of("b", "string"), Of("c..d", "string"),
                Of("e*", "string"), Of("f", "list", new Validation("inclusion", "a")), Of("g", "int") with { Default = "x" },
                Of("h", "string") with { Elements = Of("", "int") }, Of("i", "object") with { Properties = [Of("", "string"), Of("j", "bool", new Validation("inclusion", "yes"))] },
            ], [new("s", "", true), new("s", "", true)], [new("no name", "", [Of("k", "duration", new Validation("less_than", "5"))])]);
        Assert.Equal(
            [
                "parameter 'a': the type 'text' is not one of string, int, float, bool, file, duration, list, map, object, any.",
                "parameter 'b', greater_than: its value is not a number.",
                "parameter 'b', regex: its value is not a regular expression that can be matched in linear time (no look-around, back references or atomic groups).",
                "parameter 'b', larger: there is no such validation.",
                "parameter 'c..d': the segments between dots are not empty, and '*' is a segment of its own.",
                "parameter 'e*': the segments between dots are not empty, and '*' is a segment of its own.",
                "parameter 'f', inclusion: it does not apply to the type list.",
                "parameter 'g': its default does not fit. The field must be a whole number of 64 bits.",
                "parameter 'h': only a list or a map has elements.",
                "parameter 'i', property '': it has no name.",
                "parameter 'i', property '': the segments between dots are not empty, and '*' is a segment of its own.",
                "parameter 'i', property 'j', inclusion: 'yes' in its value is not of the type bool.",
                "parameter 'b': it stands there twice.",
                "stream 's': it stands there twice.",
                "action 'no name': a name has 1 to 128 of a-z, A-Z, 0-9, '_', '-' and '.'.",
                "action 'no name', parameter 'k', less_than: its value is not a duration such as 10s.",
            ],
            ParameterRules.Problems(specification));
        Assert.Empty(ParameterRules.Problems(new("x", "1", "", [Of("a.*.b", "int", Required) with { Default = "1" }], [new("", "", false)], [new("re-hash", "", [])])));
    }

    [Theory]
    [InlineData("string", "\"\"", "\"\"")]
    [InlineData("string", "\" a \"", "\" a \"")]
    [InlineData("file", "\" \"", "\" \"")]
    [InlineData("any", "\"\"", "\"\"")]
    [InlineData("int", "\" 0 \"", "0")]
    [InlineData("bool", "false", "false")]
    public void Verbatim_text_is_taken_as_it_is_given(string type, string given, string taken) =>
        Assert.Equal($"{{\"v\":{taken}}}", Good([Of("v", type, Required) with { Verbatim = true, Default = type == "any" ? "1" : "x" }], $"{{\"v\":{given}}}"));

    [Fact]
    public void Verbatim_not_given_is_what_is_absent_or_null()
    {
        Parameter[] parameters = [Of("a", "string") with { Verbatim = true, Default = "" }, Of("b", "string", Required) with { Verbatim = true }, Of("c", "int") with { Verbatim = true }];
        Assert.Equal([("b", "required"), ("c", "wrong_type")], Errors(parameters, """{"b": null, "c": ""}"""));
        Assert.Equal("""{"a":"","b":" "}""", Good(parameters, """{"b": " ", "c": null}"""));
        Assert.Equal("""{"l":["",""]}""", Good([Of("l", "list") with { Elements = Of("", "string") with { Verbatim = true } }], """{"l": ["", ""]}"""));
    }

    [Theory]
    [InlineData("int", "minimum", "5", "5", true)]
    [InlineData("int", "minimum", "5", "4", false)]
    [InlineData("float", "maximum", "0.5", "0.5", true)]
    [InlineData("float", "maximum", "0.5", "0.51", false)]
    [InlineData("duration", "maximum", "1m", "\"60s\"", true)]
    [InlineData("string", "enumeration", "[\"a,b\", \"\"]", "\"a,b\"", true)]
    [InlineData("string", "enumeration", "[\"a,b\", \"\"]", "\"a\"", false)]
    [InlineData("int", "enumeration", "[1, 2.0]", "\"2\"", true)]
    [InlineData("any", "enumeration", "[1]", "\"1\"", false)]
    [InlineData("bool", "enumeration", "[true]", "\"T\"", true)]
    [InlineData("map", "enumeration", "[{\"a\": 1, \"b\": [2]}]", "{\"b\": [2], \"a\": 1.0}", true)]
    [InlineData("string", "enumeration", "a", "\"a\"", false)]
    public void Inclusive_bounds_and_enumerations_are_held(string type, string rule, string value, string given, bool passes) =>
        Assert.Equal(passes, Errors([Of("v", type, new Validation(rule, value))], $"{{\"v\":{given}}}") is []);

    [Fact]
    public void A_pattern_that_goes_back_and_forth_ends_in_time()
    {
        Parameter[] parameters = [Of("v", "string", new Validation("regex", "^(?=(a+)+$)")) with { Verbatim = true }];
        Assert.Empty(ParameterRules.Problems(new("x", "1", "", parameters, [], [])));
        var begun = Stopwatch.GetTimestamp();
        Assert.Equal([("v", "no_match")], Errors(parameters, $"{{\"v\": \"{new string('a', 60)}!\"}}"));
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 10);
        Assert.Empty(Errors(parameters, """{"v": "aaa"}"""));
        Assert.Equal([("v", "unusable_rule")], Errors([parameters[0] with { Verbatim = false }], """{"v": "aaa"}"""));
    }

    [Fact]
    public void Problems_of_the_further_rules_are_told() => Assert.Equal(
        [
            "parameter 'a', minimum: its value is not a number.", "parameter 'a', enumeration: its value is not a JSON array of values.",
            "parameter 'b', maximum: it does not apply to the type bool.", "parameter 'c', regex: its value is not a regular expression.",
            "parameter 'd': its default does not fit. The field must be one of a.",
        ],
        ParameterRules.Problems(new("x", "1", "", [
            Of("a", "int", new("minimum", "x"), new("enumeration", "[]")), Of("b", "bool", new Validation("maximum", "1")), Of("c", "string", new Validation("regex", "(")) with { Verbatim = true },
            Of("d", "string", new Validation("enumeration", "[\"a\"]")) with { Verbatim = true, Default = "" },
        ], [], [])));

    private static Validation Required => new("required");

    private static Parameter Of(string name, string type, params Validation[] validations) => new(name, "", type, Validations: validations);

    private static string Good(IReadOnlyList<Parameter> parameters, string json)
    {
        var (values, errors) = ParameterRules.Apply(parameters, json);
        Assert.Empty(errors);
        return values;
    }

    private static List<(string, string)> Errors(IReadOnlyList<Parameter> parameters, string json)
    {
        var (values, errors) = ParameterRules.Apply(parameters, json);
        Assert.Equal("{}", errors.Count == 0 ? "{}" : values);
        return [.. errors.Select(e => (e.Field, e.Code))];
    }
}
