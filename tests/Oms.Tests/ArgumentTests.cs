namespace Platform.Oms.Tests;

public sealed class ArgumentTests
{
    [Theory]
    [InlineData("integer", "int", "old_name")]
    [InlineData("number", "float", "old_name")]
    [InlineData("bool", "boolean", "old_name")]
    [InlineData("str", "string", "old_name")]
    [InlineData("array", "list", "old_name")]
    [InlineData("uuid", "string", null)]
    [InlineData("path", "string", null)]
    [InlineData("file", "file", null)]
    [InlineData("lisy", "any", "unknown_type")]
    [InlineData("[string, list]", "any", "unknown_type")]
    [InlineData("none", "any", "unknown_type")]
    [InlineData("null", "any", "missing_type")]
    [InlineData("enum", "string", "missing")]
    public void A_type_is_one_of_the_model(string written, string read, string? warning)
    {
        var (argument, warnings) = Sample.Argument($"{{in: query, type: {written}}}");

        Assert.Equal(read, argument.Type);
        Assert.Equal(warning is null ? [] : [warning], warnings.Select(w => w.Split(' ')[1]));
    }

    [Fact]
    public void A_type_that_nobody_knows_is_guessed_at() =>
        Assert.Contains("Is list meant?", Assert.Single(Sample.WithAction("http: {method: get, port: 80, path: /}\narguments: {x: {in: query, type: lisy}}").Warnings).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{in: query, enum: [a, b]}", "string")]
    [InlineData("{in: query, properties: {a: {type: int}}}", "object")]
    [InlineData("{in: query, list: {elements: {type: int}}}", "list")]
    [InlineData("{in: query, map: {values: {type: int}}}", "map")]
    [InlineData("{in: query}", "any")]
    public void A_missing_type_follows_from_the_rest(string argument, string type)
    {
        var (read, warnings) = Sample.Argument(argument);

        Assert.Equal((type, "missing_type"), (read.Type, Assert.Single(warnings).Split(' ')[1]));
    }

    [Theory]
    [InlineData("enum", "[no, off, a]", "string", "\"no\",\"off\",\"a\"")]
    [InlineData("enum", "[1, 2]", "int", "1,2")]
    [InlineData("enum", "[1, 2.5]", "float", "1,2.5")]
    [InlineData("enum", "[true, false]", "boolean", "true,false")]
    [InlineData("enum", "[1, true, a]", "string", "\"1\",\"true\",\"a\"")]
    [InlineData("enum", "[{a: 1}, [2]]", "any", "{\"a\":1},[2]")]
    [InlineData("enum", "one", "string", "\"one\"")]
    [InlineData("string", "[1, yes]", "string", "\"1\",\"yes\"")]
    [InlineData("int", "[1, 2]", "int", "1,2")]
    public void An_enum_has_values_of_its_type(string type, string values, string read, string json)
    {
        var (argument, warnings) = Sample.Argument($"{{in: query, type: {type}, enum: {values}}}");

        Assert.Equal((read, json), (argument.Type, string.Join(',', argument.Enum!)));
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("type: int, enum: [1, x]", "int", null, "wrong_value")]
    [InlineData("type: int, enum: {a: b}", "int", null, "wrong_kind")]
    [InlineData("type: int, default: 0.01", "float", "0.01", "wrong_default")]
    [InlineData("type: int, default: lots", "int", null, "wrong_default")]
    [InlineData("type: list, default: text", "list", null, "wrong_default")]
    [InlineData("type: string, enum: [a], default: b", "string", null, "wrong_default")]
    [InlineData("type: string, pattern: '^a', default: b", "string", null, "wrong_default")]
    [InlineData("type: int, range: {min: 5}, default: 4", "int", null, "wrong_default")]
    [InlineData("type: int, required: true, default: 4", "int", "4", "required_with_default")]
    [InlineData("type: int, required: maybe", "int", null, "wrong_kind")]
    [InlineData("type: int, deprecated: yes", "int", null, "yaml_1_1")]
    [InlineData("type: int, variadic: true", "int", null, "not_supported")]
    [InlineData("type: string, pattern: '('", "string", null, "bad_pattern")]
    [InlineData("type: string, pattern: '(?=a)'", "string", null, "bad_pattern")]
    [InlineData("type: string, pattern: '((a{1000}){1000}){1000}'", "string", null, "bad_pattern")]
    [InlineData("type: int, pattern: a", "int", null, "ignored")]
    [InlineData("type: string, range: {min: 1}", "string", null, "ignored")]
    [InlineData("type: int, range: {min: 2, max: 1}", "int", null, "wrong_value")]
    [InlineData("type: int, range: 5", "int", null, "wrong_kind")]
    [InlineData("type: int, range: {min: a}", "int", null, "wrong_kind")]
    [InlineData("type: map, properties: {a: {type: int}}", "map", null, "ignored")]
    [InlineData("type: string, list: {elements: {type: int}}", "string", null, "ignored")]
    [InlineData("type: int, help: [a]", "int", null, "wrong_kind")]
    [InlineData("type: int, description: a", "int", null, "old_name")]
    [InlineData("type: int, whatever: a", "int", null, "unknown_key")]
    [InlineData("type: int, x-mine: a", "int", null, null)]
    public void What_is_odd_is_left_out_with_a_warning_and_the_argument_stays(string argument, string type, string? value, string? warning)
    {
        var service = Sample.WithAction($"http: {{method: get, port: 80, path: /}}\narguments: {{x: {{in: query, {argument}}}}}");

        var read = Assert.Single(service.Actions[0].Arguments);
        Assert.Equal((type, value, false, null), (read.Type, read.Default, read.Required, service.Actions[0].Unusable));
        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(service));
    }

    [Fact]
    public void Everything_that_an_argument_says_is_kept()
    {
        var (argument, warnings) = Sample.Argument(
            """
            in: query
            type: int
            required: true
            help: " Many. "
            deprecated: true
            sensitive: true
            enum: [1, 200]
            range: {min: -1, max: 2e2}
            """);

        Assert.Equal((1, 200), (int.Parse(argument.Enum![0]), int.Parse(argument.Enum[1])));
        Assert.Equal(new OmsArgument("x", "int", true, OmsIn.Query, Enum: argument.Enum, Min: -1, Max: 200, Help: "Many.", Deprecated: true, Sensitive: true), argument);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("type: list\nlist: {elements: {type: int}}", "int")]
    [InlineData("type: list\nlist: {type: int}", "int")]
    [InlineData("type: list\nlist: int", "int")]
    [InlineData("type: list\nelements: int", "int")]
    [InlineData("type: list\nitems: {type: int}", "int")]
    [InlineData("type: map\nmap: {keys: {type: string}, values: {type: int}}", "int")]
    [InlineData("type: list\nlist: {elements: {type: list, list: {elements: {type: int}}}}", "list")]
    [InlineData("type: list", null)]
    public void Elements_are_values_too(string argument, string? type) =>
        Assert.Equal(type, Sample.Argument("in: query\n" + argument).Argument.Elements?.Type);

    [Fact]
    public void Properties_are_arguments_within_and_optional_unless_they_say_otherwise()
    {
        var (argument, warnings) = Sample.Argument("in: query\ntype: object\nproperties:\n  a: {type: string, required: true}\n  b: {type: object, properties: {c: {type: int}}}");

        Assert.Equal([("a", true), ("b", false)], argument.Properties!.Select(p => (p.Name, p.Required)));
        Assert.Equal("c", Assert.Single(argument.Properties![1].Properties!).Name);
        Assert.Empty(warnings);
    }

    [Fact]
    public void Arguments_may_be_a_list()
    {
        var service = Sample.WithAction("http: {method: get, port: 80, path: /}\narguments:\n- {name: x, type: int, in: query}\n- y\n- z: {type: int, in: query}\n- {type: int}\n- [x]\n- {name: x, type: string, in: query}");

        Assert.Equal([("x", "string"), ("y", "any"), ("z", "int")], service.Actions[0].Arguments.Select(a => (a.Name, a.Type)).Order());
        Assert.Equal(["duplicate_key", "missing_in", "missing_type", "no_name", "no_name", "old_shape"], Sample.Codes(service).Order());
    }

    [Theory]
    [InlineData("output: none", "none")]
    [InlineData("output: map", "map")]
    [InlineData("output: {type: none}", "none")]
    [InlineData("output: {properties: {a: {type: int}}}", "object")]
    [InlineData("output: {contentType: text/plain}", "any")]
    [InlineData("output: [a]", "any")]
    [InlineData("help: x", "any")]
    public void An_output_has_a_type(string output, string type) =>
        Assert.Equal(type, Sample.Action("http: {method: get, port: 80, path: /}\n" + output).Output.Type);

    [Fact]
    public void Names_are_never_empty()
    {
        var service = Sample.Of("actions:\n  '': {http: {method: get, port: 80, path: /}}\n  ' ': {}\n  a: {http: {method: get, port: 80, path: /}, arguments: {'': {type: int}}}\nenvironment: {'': , 'A=B': }\n");

        Assert.Equal("a", Assert.Single(service.Actions).Name);
        Assert.Empty(service.Actions[0].Arguments);
        Assert.Empty(service.Environment);
        Assert.Equal(["no_name", "no_name", "no_name", "no_name", "bad_name"], Sample.Codes(service));
    }
}
