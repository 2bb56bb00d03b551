using System.Diagnostics;
using System.Text;

namespace Platform.Oms.Tests;

/// <summary>YAML as it is read here: the core schema of 1.2, with merge keys, and limits.</summary>
public sealed class YamlTests
{
    private const string Http = "http: {method: get, port: 80, path: /}";

    [Fact]
    public void Names_that_yaml_1_1_takes_for_booleans_and_numbers_stay_names()
    {
        var service = Sample.Of($"actions:\n  no: {{{Http}}}\n  off: {{{Http}}}\n  yes: {{{Http}}}\n  1: {{{Http}}}\n  012: {{{Http}}}\n  ~: {{{Http}}}\n");

        Assert.Equal(["no", "off", "yes", "1", "012", "~"], service.Actions.Select(a => a.Name));
        Assert.Empty(service.Warnings);
    }

    [Theory]
    [InlineData("any", "no", "\"no\"")]
    [InlineData("any", "true", "true")]
    [InlineData("any", "012", "12")]
    [InlineData("any", "0o14", "12")]
    [InlineData("any", "0x1F", "31")]
    [InlineData("any", "1_000", "\"1_000\"")]
    [InlineData("any", "12:30:45", "\"12:30:45\"")]
    [InlineData("any", "1e3", "1000")]
    [InlineData("any", ".5", "0.5")]
    [InlineData("any", ".inf", "\".inf\"")]
    [InlineData("any", "'1'", "\"1\"")]
    [InlineData("any", "!!str 1", "\"1\"")]
    [InlineData("any", "2019-10-31", "\"2019-10-31\"")]
    [InlineData("any", "123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("any", "[1, a, {b: ~}]", """[1,"a",{"b":null}]""")]
    [InlineData("string", "1.0", "\"1.0\"")]
    [InlineData("string", "true", "\"true\"")]
    [InlineData("int", "-5", "-5")]
    [InlineData("int", "'5'", "5")]
    [InlineData("float", "1", "1")]
    [InlineData("boolean", "'true'", "true")]
    [InlineData("map", "{a: 1}", """{"a":1}""")]
    public void A_default_is_json_of_its_type(string type, string yaml, string json)
    {
        var (argument, warnings) = Sample.Argument($"{{in: query, type: {type}, default: {yaml}}}");

        Assert.Equal((type, json), (argument.Type, argument.Default));
        Assert.Empty(warnings);
    }

    [Fact]
    public void Merge_keys_take_what_is_not_said_and_earlier_ones_win()
    {
        var service = Sample.Of(
            """
            actions:
              a:
                http: &http {method: post, port: 80, path: /a}
              b:
                http:
                  path: /b
                  <<: *http
              c:
                http:
                  <<: [{path: /c}, *http]
            """);

        Assert.Equal([new("POST", 80, "/a", null, OmsHttp.Json), new("POST", 80, "/b", null, OmsHttp.Json), new OmsHttp("POST", 80, "/c", null, OmsHttp.Json)], service.Actions.Select(a => (OmsHttp)a.Interface!));
        Assert.Empty(service.Warnings);
    }

    [Fact]
    public void Of_equal_keys_and_anchors_the_last_is_meant()
    {
        var service = Sample.Of(
            """
            actions:
              a:
                help: &text one
                help: &text two
                http: {method: get, port: 80, path: /}
              b:
                help: *text
                http: {method: get, port: 80, path: /}
            """);

        Assert.Equal(["two", "two"], service.Actions.Select(a => a.Help));
        Assert.Equal(["6:5 duplicate_key", "6:11 duplicate_anchor"], Sample.Told(service));
    }

    [Fact]
    public void Aliases_of_nothing_and_of_themselves_are_left_out()
    {
        var service = Sample.Of("environment: {A: *nothing}\nvolumes: &v {x: *v}\nhealth: {<<: 3}\nactions: {a: {http: {method: get, port: 80, path: /}}}\n");

        Assert.Equal(
            ["3:15 missing_type environment.A.type", "3:18 unknown_anchor", "4:14 bad_target volumes.x.target", "4:17 unknown_anchor", "5:9 missing health.http", "5:14 bad_merge"],
            Sample.Told(service));
    }

    [Theory]
    [InlineData("actions:\n\ta: 1\n", 2, 1)]
    [InlineData("actions:\n  a:\n  \thttp: x\n", 3, 3)]
    [InlineData("a: b\n\tc: d\n", 2, 1)]
    public void A_tab_as_indentation_is_an_error_at_its_place(string yaml, int line, int column)
    {
        var error = Sample.Refused(yaml);

        Assert.Equal(("tab", line, column), (error.Code, error.Line, error.Column));
    }

    [Theory]
    [InlineData("", "empty_document", 0)]
    [InlineData("# nothing\n", "empty_document", 0)]
    [InlineData("---\n...\n", "empty_document", 0)]
    [InlineData("~", "empty_document", 0)]
    [InlineData("- a\n", "not_a_mapping", 1)]
    [InlineData("just text", "not_a_mapping", 1)]
    [InlineData("a: [1, 2\n", "malformed_yaml", 1)]
    [InlineData("a: [1, 2\nb: |\n  x\n\ty\n", "malformed_yaml", 1)]
    [InlineData("a: 'open\n", "malformed_yaml", 1)]
    [InlineData("a: b: c\n", "malformed_yaml", 1)]
    [InlineData("{", "malformed_yaml", 1)]
    public void What_is_no_mapping_is_refused(string yaml, string code, int line)
    {
        var error = Sample.Refused(yaml);

        Assert.Equal((code, line), (error.Code, error.Line));
        Assert.NotEmpty(error.Remedy);
    }

    [Fact]
    public void What_is_not_utf_8_is_refused_at_its_place()
    {
        var error = Assert.Throws<OmsFormatException>(() => OmsReader.Read("x", [.. "oms: 1\nä: "u8, 0xff, (byte)'\n']));

        Assert.Equal(("not_utf8", 2, 4), (error.Code, error.Line, error.Column));
        Assert.Equal("t", OmsReader.Read("x", [0xef, 0xbb, 0xbf, .. "info: {title: t}"u8]).Info.Title);
    }

    [Fact]
    public void A_bomb_of_aliases_is_refused_before_it_goes_off()
    {
        var bomb = new StringBuilder("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 30; i++) bomb.Append($"l{i}: &l{i} [{string.Join(", ", Enumerable.Repeat($"*l{i - 1}", 10))}]\n");
        var merges = new StringBuilder("m0: &m0 {a0: 1}\n");
        for (var i = 1; i < 40; i++) merges.Append($"m{i}: &m{i} {{<<: [*m{i - 1}, *m{i - 1}], a{i}: *m{i - 1}}}\n");
        var clock = Stopwatch.StartNew();

        Assert.Equal("too_many_nodes", Sample.Refused(bomb.ToString()).Code);
        Assert.Equal("too_many_nodes", Sample.Refused(merges.ToString()).Code);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Depth_is_bounded(string opening)
    {
        var text = "x: " + (opening is "- " or "? " ? "\n  " : "") + string.Concat(Enumerable.Repeat(opening, 50_000));

        Assert.Contains(Sample.Refused(text).Code, (string[])["too_deep", "malformed_yaml"]);
    }

    [Fact]
    public void A_large_file_is_refused_before_it_is_parsed()
    {
        var large = Encoding.UTF8.GetBytes("actions:\n" + string.Concat(Enumerable.Repeat("  a: &a [*a, \"", 700_000)));
        var clock = Stopwatch.StartNew();

        Assert.Equal("too_large", Assert.Throws<OmsFormatException>(() => OmsReader.Read("x", large)).Code);
        Assert.Equal("too_large", Assert.Throws<OmsFormatException>(() => OmsReader.Read("x", new MemoryStream(large))).Code);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public void The_largest_files_are_read_in_seconds_and_their_warnings_are_bounded()
    {
        var keys = new StringBuilder("actions:\n");
        for (var i = 0; i < 20_000; i++) keys.Append($"  action_number_{i}: {{x{i}: 1}}\n");
        var clock = Stopwatch.StartNew();

        var service = Sample.Read(keys.ToString());

        Assert.Equal(20_000, service.Actions.Count);
        Assert.Equal((501, "more_warnings"), (service.Warnings.Count, service.Warnings[^1].Code));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public void Only_the_first_document_is_read() =>
        Assert.Contains("more_documents", Sample.Codes(Sample.Read("oms: 1\n---\noms: 2\n")));

    [Fact]
    public void A_key_that_is_no_text_is_left_out() =>
        Assert.Equal(["3:1 key_not_text", "4:1 unknown_key null"], Sample.Told(Sample.Of("[a, b]: 1\nnull: 2\nactions: {a: {http: {method: get, port: 80, path: /}}}")));

    [Fact]
    public void A_folder_is_searched_at_its_root_in_the_order_of_the_reference()
    {
        var folder = Directory.CreateTempSubdirectory("oms-tests-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, ".github", "workflows"));
            File.WriteAllText(Path.Combine(folder.FullName, ".github", "workflows", "oms.yml"), "");
            Directory.CreateDirectory(Path.Combine(folder.FullName, "oms.yml"));
            Assert.Null(OmsReader.FindFile(folder.FullName));
            foreach (var name in (string[])["microservice.yaml", "microservice.yml", "oms.yaml"])
            {
                File.WriteAllText(Path.Combine(folder.FullName, name), "");
                Assert.Equal(Path.Combine(folder.FullName, name), OmsReader.FindFile(folder.FullName));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
