using System.Text;
using Platform.Oms;
using Platform.Runner.Drivers.Oms;

namespace Platform.Runner.Tests.Oms;

/// <summary>What a service answered, read as its action declares.</summary>
public sealed class OmsResultTests
{
    private const string Json = "application/json; charset=utf-8";

    [Theory]
    [InlineData(OmsTypes.Int, "42", null, "42")]
    [InlineData(OmsTypes.Int, " -7\r\n", Json, "-7")]
    [InlineData(OmsTypes.Int, "1.0", null, "1")]
    [InlineData(OmsTypes.Int, "9223372036854775807", null, "9223372036854775807")]
    [InlineData(OmsTypes.Float, "1", null, "1")]
    [InlineData(OmsTypes.Float, "0.10", Json, "0.10")]
    [InlineData(OmsTypes.Float, "+.5", null, "0.5")]
    [InlineData(OmsTypes.Boolean, "true", Json, "true")]
    [InlineData(OmsTypes.Boolean, "False\n", null, "false")]
    [InlineData(OmsTypes.String, "\"a\"", null, "\"\\\"a\\\"\"")]
    [InlineData(OmsTypes.String, "\"a\\n\"", Json, "\"a\\n\"")]
    [InlineData(OmsTypes.String, "\"a\"", "application/problem+json", "\"a\"")]
    [InlineData(OmsTypes.String, "{\"a\":1}", Json, "\"{\\\"a\\\":1}\"")]
    [InlineData(OmsTypes.String, " ä\n", Json, "\" ä\\n\"")]
    [InlineData(OmsTypes.String, "", null, "\"\"")]
    [InlineData(OmsTypes.Any, " {\"a\": 1.50} ", Json, "{\"a\": 1.50}")]
    [InlineData(OmsTypes.Any, "{\"a\": 1}", "text/plain", "\"{\\\"a\\\": 1}\"")]
    [InlineData(OmsTypes.Any, "{\"a\"", Json, "\"{\\\"a\\\"\"")]
    [InlineData(OmsTypes.Any, "0", null, "\"0\"")]
    [InlineData(OmsTypes.List, "[1,\"b\",null]", "text/html", "[1,\"b\",null]")]
    [InlineData(OmsTypes.Map, "\ufeff{\"a\":[]}", null, "{\"a\":[]}")]
    [InlineData(OmsTypes.Object, "{}", "nonsense", "{}")]
    [InlineData(OmsTypes.None, "whatever", Json, "null")]
    [InlineData(OmsTypes.File, "a\0?", null, "\"YQA/\"")]
    public void An_answer_becomes_what_its_type_says(string type, string answer, string? contentType, string expected) =>
        Assert.Equal(expected, Read(new(type), answer, contentType));

    [Theory]
    [InlineData(OmsTypes.Int, "4x", "it must be a whole number of 64 bits")]
    [InlineData(OmsTypes.Int, "1.5", "it must be a whole number of 64 bits")]
    [InlineData(OmsTypes.Int, "9223372036854775808", "it must be a whole number of 64 bits")]
    [InlineData(OmsTypes.Int, "\"42\"", "it must be a whole number of 64 bits")]
    [InlineData(OmsTypes.Int, "", "it must be a whole number of 64 bits")]
    [InlineData(OmsTypes.Float, "NaN", "it must be a number of 64 bits")]
    [InlineData(OmsTypes.Float, "1e999", "it must be a number of 64 bits")]
    [InlineData(OmsTypes.Boolean, "1", "it must be true or false")]
    [InlineData(OmsTypes.List, "{}", "it must be a list")]
    [InlineData(OmsTypes.Map, "[1", "it is no JSON; the type map is given as JSON")]
    [InlineData(OmsTypes.Map, " \n", "it is empty; the type map is given as JSON")]
    [InlineData(OmsTypes.Object, "null", "it must be an object")]
    [InlineData(OmsTypes.Object, "{} {}", "it is no JSON; the type object is given as JSON")]
    public void An_answer_of_another_type_is_a_fault(string type, string answer, string expected) =>
        Assert.Equal($"The service's answer is not what the action's output declares: {expected}.", Fault(new(type), Encoding.UTF8.GetBytes(answer)).Message);

    [Fact]
    public void What_is_declared_to_be_json_needs_no_content_type() => Assert.Equal("[1]", Read(new(OmsTypes.Any, "application/json"), "[1]", "text/html"));

    [Fact]
    public void Elements_and_properties_are_checked_and_all_that_is_wrong_is_told()
    {
        OmsOutput output = new(OmsTypes.Object, Properties:
        [
            new("id", OmsTypes.Int, Required: true), new("name", OmsTypes.String), new("gone", OmsTypes.Any, Required: true), new("null", OmsTypes.String, Required: true),
            new("tags", OmsTypes.List, Elements: new("", OmsTypes.String)),
            new("more", OmsTypes.Map, Elements: new("", OmsTypes.Object, Properties: [new("on", OmsTypes.Boolean, Required: true)])),
        ]);

        var fault = Fault(output, """{"id": "1", "name": 2, "null": null, "tags": ["a", 1, null], "more": {"a": {"on": 1}, "b": {}}}"""u8.ToArray());

        Assert.Equal("bad_result", fault.Code);
        Assert.EndsWith(
            ": id must be a whole number of 64 bits; name must be a string; gone is required and is not there; null is required and is not there; "
                + "tags[1] must be a string; tags[2] must be a string; more.a.on must be true or false; more.b.on is required and is not there.",
            fault.Message, StringComparison.Ordinal);
        var good = """{"id": 1e2, "name": null, "gone": [], "null": "", "extra": {"x": 1}, "more": {"a": {"on": false, "off": true}}}""";
        Assert.Equal(good, Read(output, good, null));
    }

    [Fact]
    public void Many_violations_are_counted_and_not_all_told()
    {
        var fault = Fault(new(OmsTypes.List, Elements: new("", OmsTypes.Int)), Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("\"x\"", 5000))}]"));

        Assert.InRange(fault.Message.Length, 500, 1500);
        Assert.InRange(fault.Detail!.Length, 100, 600);
    }

    [Theory]
    [InlineData(OmsTypes.Any)]
    [InlineData(OmsTypes.String)]
    [InlineData(OmsTypes.Int)]
    [InlineData(OmsTypes.Object)]
    public void Bytes_that_are_no_text_are_a_fault(string type) => Assert.Contains("UTF-8", Fault(new(type), [0x22, 0xff, 0x22]).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_is_no_text() => Assert.Equal("bad_result", Fault(new(OmsTypes.String, Json), "\"\\ud800\""u8.ToArray()).Code);

    private static string Read(OmsOutput output, string answer, string? contentType) =>
        Encoding.UTF8.GetString(OmsResult.Read(output, Encoding.UTF8.GetBytes(answer), contentType));

    private static RunFault Fault(OmsOutput output, byte[] answer) => Assert.Throws<RunFaultException>(() => OmsResult.Read(output, answer, null)).Fault;
}
