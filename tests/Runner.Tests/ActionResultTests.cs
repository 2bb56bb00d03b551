using System.Text;
using System.Text.Json;
using Platform.Runner.Invocations;

namespace Platform.Runner.Tests;

/// <summary>What an action answers, on its way into its record.</summary>
public sealed class ActionResultTests
{
    [Theory]
    [InlineData("", "null")]
    [InlineData("42", "42")]
    [InlineData("""{"b": 1.50, "a": ["x"]}""", """{"b": 1.50, "a": ["x"]}""")]
    public void A_small_one_stays_byte_for_byte(string answer, string expected) => Assert.Equal(expected, Of(answer).Inline);

    [Fact]
    public void A_large_or_deep_one_is_not_for_the_record()
    {
        var large = $"\"{new string('x', ActionResult.MaxInlineBytes)}\"";
        var deep = new string('[', 100) + new string(']', 100);

        Assert.Equal((null, large.Length), (Of(large).Inline, Of(large).Json.Length));
        Assert.Equal((null, 200), (Of(deep).Inline, Of(deep).Json.Length));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("1 2")]
    [InlineData("NaN")]
    [InlineData("\"\\ud800\"")]
    public void What_is_no_json_is_refused(string answer) => Assert.ThrowsAny<JsonException>(() => Of(answer));

    [Fact]
    public void Bytes_that_are_no_text_are_refused() => Assert.ThrowsAny<JsonException>(() => ActionResult.Of(new byte[] { (byte)'"', 0xff, (byte)'"' }, text => text));

    [Fact]
    public void Secrets_that_a_connector_repeats_are_masked_and_nothing_else_changes()
    {
        var result = Of("""{"hunter2": ["say hunter2!", "hunter\u0032", 1e3, null, {"deep": true}]}""");

        Assert.Equal("""{"***":["say ***!","***",1e3,null,{"deep":true}]}""", result.Inline);
        Assert.Equal(Encoding.UTF8.GetBytes(result.Inline!), result.Json.ToArray());
    }

    private static ActionResult Of(string answer) => ActionResult.Of(Encoding.UTF8.GetBytes(answer), text => text.Replace("hunter2", "***", StringComparison.Ordinal));
}
