namespace Platform.ServiceDefaults.Tests;

public sealed class PagingTests
{
    [Theory]
    [InlineData("a", "b")]
    [InlineData("", "ü\"\\ ")]
    [InlineData("2026-01-01T00:00:00Z", "0198")]
    public void A_cursor_gives_back_its_parts(string first, string second) =>
        Assert.Equal([first, second], Cursor.Decode(Cursor.Encode(first, second), 2)!);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void No_cursor_is_the_first_page(string? cursor) => Assert.Null(Cursor.Decode(cursor, 2));

    [Theory]
    [InlineData("!!!")]
    [InlineData("a")]
    [InlineData("bm90IGpzb24")]  // not json
    [InlineData("e30")]          // {}
    [InlineData("WyJhIl0")]      // ["a"]
    [InlineData("WyJhIixudWxsXQ")] // ["a",null]
    [InlineData("WyJhIiwzXQ")]   // ["a",3]
    [InlineData("WyJhIiwiXHUwMDAwIl0")] // ["a","\u0000"], which PostgreSQL cannot hold
    public void A_cursor_of_nobody_is_refused(string cursor) =>
        Assert.Equal("bad_cursor", Assert.Throws<ProblemException>(() => Cursor.Decode(cursor, 2)).Problem.Code);

    [Fact]
    public void A_limit_has_a_default_and_a_range()
    {
        Assert.Equal(100, Limit.Parse(null));
        Assert.Equal(1, Limit.Parse(1));
        Assert.Equal(1000, Limit.Parse(1000));
        foreach (var wrong in new[] { 0, -1, 1001 })
            Assert.Equal("bad_limit", Assert.Throws<ProblemException>(() => Limit.Parse(wrong)).Problem.Code);
    }
}
