using Platform.Runner.Processes;

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

    [Fact]
    public void A_value_within_another_leaves_nothing_of_the_longer_one() =>
        Assert.Equal("***", new OptionMask("""["secret", "secret-long"]""").Apply("secret-long"));

    [Fact]
    public void Short_options_hide_nothing() => Assert.Equal("{} is fine", new OptionMask("{}").Apply("{} is fine"));
}
