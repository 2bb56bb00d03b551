namespace Platform.Connectors.Tests;

public sealed class ConnectorOptionsTests
{
    private sealed record Bare(int UpTo, string Name);

    private sealed record Options(string? Root, int UpTo = 3)
    {
        public required string Key { get; init; }
    }

    [Fact]
    public void Members_are_read_by_their_snake_case_names()
    {
        var options = ConnectorOptions.Parse<Options>("""{"root":"/x","up_to":5,"key":"k"}""");

        Assert.Equal("/x", options.Root);
        Assert.Equal(5, options.UpTo);
        Assert.Equal("k", options.Key);
    }

    [Fact]
    public void A_connector_may_take_the_string_itself() => Assert.Equal("any: thing", ConnectorOptions.Parse<string>("any: thing"));

    [Theory]
    [InlineData("""{"key":"k","rot":"/x"}""", "rot")]
    [InlineData("""{"root":"/x"}""", "key")]
    [InlineData("""{"key":"k"}""", "root")]
    [InlineData("{\"key\":\n\"hunter2hunter2\" oops}", "line 2")]
    public void What_does_not_fit_is_named(string text, string named)
    {
        var error = Assert.Throws<FormatException>(() => ConnectorOptions.Parse<Options>(text));

        Assert.Contains(named, error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"name":"n"}""")]
    [InlineData("""{"up_to":1}""")]
    [InlineData("""{"up_to":1,"name":null}""")]
    public void A_parameter_without_a_default_has_to_be_given(string text)
    {
        var error = Assert.Throws<FormatException>(() => ConnectorOptions.Parse<Bare>(text));

        Assert.Contains(text.Contains("up_to", StringComparison.Ordinal) ? "name" : "up_to", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("""{"key":"hunter2hunter2","up_to":"sesame-sesame"}""")]
    [InlineData("""{"key":"hunter2hunter2" sesame-sesame}""")]
    [InlineData("sesame-sesame hunter2hunter2")]
    public void No_error_repeats_a_value(string text)
    {
        var error = Assert.Throws<FormatException>(() => ConnectorOptions.Parse<Options>(text));

        Assert.DoesNotContain("hunter2", error.ToString());
        Assert.DoesNotContain("sesame", error.ToString());
    }
}
