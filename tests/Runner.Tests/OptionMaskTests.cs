using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

public sealed class OptionMaskTests
{
    [Fact]
    public void Each_string_value_of_six_or_more_characters_is_hidden_however_deep()
    {
        var mask = new OptionMask("""{"user": "bob", "password": "hunter22", "more": [{"token": "tok-12345"}], "n": 123456}""");

        Assert.Equal("bob *** *** 123456 password", mask.Apply("bob hunter22 tok-12345 123456 password"));
    }

    [Fact]
    public void A_raw_string_is_hidden_as_a_whole() => Assert.Equal("dsn=*** failed", new OptionMask("host=x;pw=y").Apply("dsn=host=x;pw=y failed"));

    [Fact]
    public void A_value_is_hidden_in_its_json_form_too() =>
        Assert.Equal("{\"dsn\":\"***\"}", new OptionMask("""{"p": "a\"b\\cdef"}""").Apply("""{"dsn":"a\"b\\cdef"}"""));

    [Theory]
    [InlineData("""{"dsn":"größe<1>"}""")]
    [InlineData("""{"dsn":"gr\u00F6\u00DFe\u003C1\u003E"}""")]
    public void A_value_is_hidden_however_a_log_escapes_it(string text) => Assert.Equal("{\"dsn\":\"***\"}", new OptionMask("""["größe<1>"]""").Apply(text));

    [Fact]
    public void What_a_specification_marks_is_hidden_though_it_is_short_and_nothing_else_is()
    {
        var specification = new ConnectorSpecification("c", "1", "", [new("pin", "", ParameterTypes.String, Secret: true), new("city", "", ParameterTypes.String)], [], []);

        Assert.Equal("*** in Samarkand, then ***", OptionMask.Of(specification, """{"pin": "0815", "city": "Samarkand"}""", ["4711"]).Apply("0815 in Samarkand, then 4711"));
    }

    [Fact]
    public void A_value_within_another_leaves_nothing_of_the_longer_one() =>
        Assert.Equal("***", new OptionMask("""["secret", "secret-long"]""").Apply("secret-long"));

    [Fact]
    public void Short_options_hide_nothing() => Assert.Equal("{} is fine", new OptionMask("{}").Apply("{} is fine"));
}
